import { existsSync } from 'node:fs'
import { VERSION } from '../protocol/version.ts'
import type { TaskFlags } from './admin/command.ts'
import { absolute, EXIT_FAILED, EXIT_USAGE, exit, fail } from './exits.ts'
import type { ConfigCommand } from './flags.ts'
import { isConfirmed } from './question.ts'

/** The program `chatd`; `argv` is that of the process. Exits by itself: 0 after a stop, 1 when it cannot run, 2 for bad flags. */
export async function main(argv: readonly string[]): Promise<void> {
  const [, , first, ...more] = argv
  if (more.length === 0 && (first === '--version' || first === '-V'))
    return void process.stdout.write(`${VERSION}\n`)
  // Loaded here, so that --version need not wait for it.
  const { parseFlags } = await import('./flags.ts')
  const line = parseFlags(argv)
  switch (line.kind) {
    case 'serve': {
      const { serve } = await import('./serve.ts')
      return serve(line.flags)
    }
    case 'task':
      return runTask(line.flags)
    case 'config':
      return runConfigCommand(line.command)
    case 'cluster': {
      const { runClusterCommand } = await import('./clusterCommand.ts')
      return runClusterCommand(line.command)
    }
  }
}

/** Checks or shows a configuration, with the environment of this process. */
async function runConfigCommand({ what, file, json }: ConfigCommand): Promise<void> {
  const [{ readSources }, { defaultConfigFile, shownKeys }, { CONFIG_FILE, namedConfigFile }] =
    await Promise.all([
      import('./config/configuration.ts'),
      import('./config/showConfig.ts'),
      import('./config/configFile.ts'),
    ])
  if (what === 'default') return void process.stdout.write(defaultConfigFile())
  const path = namedConfigFile(file) ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined)
  if (what === 'check' && path === undefined) fail(EXIT_USAGE, `there is no ${CONFIG_FILE}; name a file`)
  const sources = readSources({ file: path, environment: process.env, flags: {} })
  if (!sources.ok) fail(EXIT_FAILED, sources.error)
  if (what === 'check') return void process.stdout.write(`${path}: everything in it is right\n`)
  for (const shown of shownKeys(sources.value)) {
    const { key, value = 'not set', source, variable } = shown
    const from = source === 'environment' ? variable : source
    process.stdout.write(json ? `${JSON.stringify(shown)}\n` : `${key} = ${value}  # ${from}\n`)
  }
}

async function runTask(flags: TaskFlags): Promise<never> {
  const [{ failureLine, findLog, runCommand }, { findDataDirectory }] = await Promise.all([
    import('./admin/command.ts'),
    import('./dataDirectory.ts'),
  ])
  const directory = absolute(flags.data ?? findDataDirectory())
  const { task } = flags
  if (task.task === 'status' || task.task === 'top') {
    const { runWatch } = await import('./admin/watching.ts')
    process.exit(await runWatch(directory, task))
  }
  const isNamed = flags.data !== undefined || (process.env['STATE_DIRECTORY'] ?? '') !== ''
  const found = findLog(directory, task, isNamed)
  if (!found.ok) exit(EXIT_FAILED, failureLine(task, found.error))
  if (flags.question !== undefined && !(await isConfirmed(flags.question))) {
    fail(EXIT_FAILED, 'nothing was removed')
  }
  const result = await runCommand(directory, task, flags.newEpoch, isConfirmed)
  if (!result.ok) exit(EXIT_FAILED, failureLine(task, result.error))
  process.exit(0)
}
