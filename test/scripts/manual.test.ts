import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandModel, chatdModel, chatTuiModel, pathsOf } from '../../scripts/commandModel.ts'
import { completions } from '../../scripts/completions.ts'
import { configurationFile, configurationKeys } from '../../scripts/configuration.ts'
import { manPages } from '../../scripts/manPages.ts'

const pages = manPages({ version: '1.2.3', day: '2026-11-28' })
const scripts = completions()
const programs = [
  [chatdModel(), 'chatd.8'],
  [chatTuiModel(), 'chat-tui.1'],
] as const

const has = (program: string, flag: string): boolean => spawnSync(program, [flag]).status === 0
const hasMan = has('man', '--version')
const shells = {
  bash: has('bash', '--version'),
  zsh: has('zsh', '--version'),
  fish: has('fish', '--version'),
}
for (const [program, isHere] of Object.entries({ man: hasMan, ...shells }))
  if (!isHere) console.warn(`SKIPPED: ${program} is not here; what is made for it is not run`)

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'chat-tui-manual-'))
  for (const [name, text] of Object.entries({ ...pages, ...scripts }))
    writeFileSync(join(directory, name), text)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** All names of options of a program and its commands. */
function optionNames(model: CommandModel): readonly string[] {
  const all = [model, ...pathsOf(model).map(({ command }) => command)]
  return [...new Set(all.flatMap(({ options }) => options.flatMap(({ names }) => names)))]
}

describe('the pages of the manual', () => {
  test.each(programs)('every option and command of %o is in %s', (model, file) => {
    const text = (pages[file] ?? '').replaceAll('\\-', '-')
    expect(optionNames(model).length).toBeGreaterThan(5)
    expect(optionNames(model).filter(name => !text.includes(`\\fB${name}\\fR`))).toEqual([])
    const commands = pathsOf(model).filter(({ command }) => command.commands.length === 0)
    expect(commands.filter(({ words }) => !text.includes([model.name, ...words].join(' ')))).toEqual([])
  })

  test('every key of the configuration is in chatd.conf(5)', () => {
    const text = (pages['chatd.conf.5'] ?? '').replaceAll('\\-', '-')
    expect(configurationKeys().length).toBeGreaterThan(0)
    expect(configurationKeys().filter(({ name }) => !text.includes(`\\fB${name}\\fR`))).toEqual([])
    const named = (path: readonly string[]): boolean => configurationFile().includes(`#${path.at(-1)} = `)
    expect(configurationKeys().filter(({ path }) => !named(path))).toEqual([])
  })

  test.runIf(hasMan).each(Object.keys(pages))('man has no warning about %s', file => {
    const { status, stdout, stderr } = spawnSync(
      'man',
      ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', join(directory, file)],
      { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', MANROFFSEQ: '' } },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.length).toBeGreaterThan(1_000)
  })
})

describe('the completions', () => {
  test.each(programs)('every option and command of %o is in each script', model => {
    for (const [file, flag] of [
      [`${model.name}.bash`, (name: string) => name],
      [`_${model.name}`, (name: string) => name],
      [`${model.name}.fish`, (name: string) => name.replace(/^--/, '-l ').replace(/^-(?=\w$)/, '-s ')],
    ] as const) {
      const text = scripts[file] ?? ''
      expect([file, optionNames(model).filter(name => !text.includes(flag(name)))]).toEqual([file, []])
      expect(pathsOf(model).filter(({ command }) => !text.includes(command.name))).toEqual([])
    }
  })

  /** What a shell offers for the words of a command line, the last of which is being written. */
  const offers: Readonly<Record<'bash' | 'fish', (...words: string[]) => readonly string[]>> = {
    bash: (...words) => {
      const [program = ''] = words
      const script = `source ${directory}/${program}.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _${program.replace('-', '_')}; printf '%s\\n' "\${COMPREPLY[@]}"`
      return linesOf(execFileSync('bash', ['-uc', script, 'bash', ...words], { encoding: 'utf8' }))
    },
    fish: (...words) => {
      const script = `source ${directory}/${words[0]}.fish; complete -C '${words.join(' ')}'`
      const env = { ...process.env, HOME: directory, XDG_CONFIG_HOME: directory }
      const said = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', env })
      expect(said.stderr).toBe('')
      return linesOf(said.stdout).map(line => line.replace(/\t.*/, ''))
    },
  }

  test.each(['bash', 'fish'] as const)('%s offers commands, options and choices where they belong', shell => {
    if (!shells[shell]) return
    const offer = offers[shell]
    expect(offer('chatd', 'us')).toEqual(['user'])
    expect(offer('chatd', 'user', '')).toEqual(expect.arrayContaining(['add', 'list', 'remove']))
    expect(offer('chatd', 'user', '')).not.toContain('backup')
    expect(offer('chatd', 'user', 'add', '--')).toEqual(expect.arrayContaining(['--key', '--bot']))
    expect(offer('chatd', 'user', 'add', '--')).not.toContain('--listen')
    expect(offer('chatd', '--log-level', '')).toEqual(expect.arrayContaining(['info', 'debug']))
    expect(offer('chatd', 'user', 'role', 'bob', '')).toEqual(
      expect.arrayContaining(['user', 'admin', 'bot']),
    )
    expect(offer('chatd', 'policy', 're')).toEqual(['registered'])
    expect(offer('chatd', 'backup', '/etc/pass')).toContain('/etc/passwd')
    expect(offer('chat-tui', 'jo')).toEqual(['join'])
    expect(offer('chat-tui', 'join', '--pl')).toEqual(['--plaintext'])
  })

  test.runIf(shells.zsh).each(['_chatd', '_chat-tui'])('zsh reads %s', file => {
    expect(spawnSync('zsh', ['-n', join(directory, file)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    })
  })
})

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter(line => line !== '')
}
