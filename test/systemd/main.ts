/**
 * `npm run test:systemd [-- WORD]`: boots a Debian 12 with a real systemd for each scenario, in which the package is installed. With a
 * word, only the scenarios whose title has it; with `--short`, those of less than a minute, and only where the roots were made before.
 * Exit code 1 where one failed; a machine that cannot do it says so, and ends with 0.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findNatsServer } from '../cluster/natsServer.ts'
import { Machine, type Mounts } from './machine.ts'
import { areMade, bareRoot, installedRoot, servicesRoot } from './root.ts'
import { listening, type Scenario } from './scenario.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const HERE = import.meta.dirname
const given = process.argv.slice(2)
const isShort = given.includes('--short')
const [word = ''] = given.filter(argument => argument !== '--short')

interface Line {
  readonly result: 'ok' | 'FAILED' | 'skipped'
  readonly title: string
  readonly seconds: number
  readonly more: string
}

const cannot = whyNot() ?? (isShort ? await whyNotShort() : undefined)
if (cannot === undefined) process.exitCode = await main()
else console.log(`SKIPPED: the test with a real systemd, since ${cannot}`)

/** Why this machine cannot boot another one. */
function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can boot a machine'
  for (const [program, name] of [
    ['systemd-nspawn', 'systemd-container'],
    ['debootstrap', 'debootstrap'],
    ['dpkg-deb', 'dpkg'],
    ['nsenter', 'util-linux'],
  ])
    if (spawnSync(program ?? '', ['--version']).error !== undefined)
      return `${program} is not here (Debian package: ${name})`
  return undefined
}

/** Why a short test does not begin here: what takes minutes the first time, and a machine that has the programs but not the right. */
async function whyNotShort(): Promise<string | undefined> {
  if (!areMade()) return 'its roots are not made yet; "npm run test:systemd" makes them once'
  try {
    await (await Machine.boot(bareRoot().directory)).stop()
    return undefined
  } catch (error) {
    return `a machine does not boot here: ${error instanceof Error ? error.message.trim() : String(error)}`
  }
}

async function main(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'chat-tui-systemd-'))
  const clean = async (): Promise<void> => {
    await Machine.stopAll()
    rmSync(directory, { recursive: true, force: true })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void clean().finally(() => process.exit(130)))
  try {
    const lines = await runAll(directory)
    report(lines)
    return lines.some(({ result }) => result === 'FAILED') ? 1 : 0
  } finally {
    await clean()
    const left = Machine.leftOver()
    if (left.length > 0) console.log(`still running: ${left.join(' ')}`)
  }
}

async function runAll(directory: string): Promise<readonly Line[]> {
  const bare = bareRoot()
  const packages = join(directory, 'packages')
  mkdirSync(packages)
  copyFileSync(join(bare.packages, 'libatomic1.deb'), join(packages, 'libatomic1.deb'))
  copyFileSync(packed(directory, '0.0.1'), join(packages, 'previous.deb'))
  copyFileSync(packed(directory), join(packages, 'chatd.deb'))
  const install = (name: string, file: string): string =>
    installedRoot(bare, [join(packages, 'libatomic1.deb'), join(packages, file)], join(directory, name))
  const makers = {
    bare: () => bare.directory,
    previous: () => install('previous', 'previous.deb'),
    installed: () => install('installed', 'chatd.deb'),
    services: () => servicesRoot(bare),
  }
  const roots = new Map<string, string>()
  const rootOf = (begins: keyof typeof makers): string => {
    const root = roots.get(begins) ?? makers[begins]()
    roots.set(begins, root)
    return root
  }
  const nats = findNatsServer()
  const mounts = {
    ...(nats?.includes('/') === true ? { '/nats': dirname(nats) } : {}),
    '/packages': packages,
    '/inside': join(HERE, 'inside'),
    '/checkout': ROOT,
    '/node': dirname(process.execPath),
    '/layouts': join(ROOT, 'test/server/log/sqlite/layouts'),
  }
  const lines: Line[] = 'lintian'.includes(word) && !isShort ? [linted(join(packages, 'chatd.deb'))] : []
  for (const line of lines) console.log(shown(line))
  const isWanted = (scenario: Scenario): boolean =>
    scenario.title.includes(word) && (!isShort || scenario.isShort === true)
  for (const scenario of (await scenarios()).filter(isWanted)) {
    const line = await tried(scenario, rootOf(scenario.begins ?? 'installed'), mounts)
    console.log(shown(line))
    lines.push(line)
  }
  return lines
}

/** A package of this checkout. */
function packed(directory: string, version?: string): string {
  const out = join(directory, version ?? 'now')
  const more = version === undefined ? [] : ['--version', version]
  const args = [join(ROOT, 'scripts/packageDeb.ts'), '--quick', '--out', out, ...more]
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).trim()
}

/** What Debian's own checks say of the package. */
function linted(file: string): Line {
  const began = performance.now()
  const { error, status, stdout } = spawnSync(
    'lintian',
    ['--allow-root', '--fail-on', 'error,warning', file],
    {
      encoding: 'utf8',
    },
  )
  const line = (result: Line['result'], more: string): Line => ({
    result,
    title: 'lintian has nothing to say of the package',
    seconds: (performance.now() - began) / 1_000,
    more,
  })
  if (error !== undefined) return line('skipped', 'lintian is not here (Debian package: lintian)')
  return line(status === 0 && stdout === '' ? 'ok' : 'FAILED', stdout)
}

/** Every scenario that a file of the folder exports, the installation first. */
async function scenarios(): Promise<readonly Scenario[]> {
  const found: Scenario[] = []
  const files = readdirSync(join(HERE, 'scenarios')).sort()
  for (const file of ['install.ts', ...files.filter(name => name !== 'install.ts')]) {
    const exported = (await import(join(HERE, 'scenarios', file))) as Readonly<Record<string, unknown>>
    found.push(...Object.values(exported).filter(isScenario))
  }
  return found
}

function isScenario(value: unknown): value is Scenario {
  return typeof value === 'object' && value !== null && 'title' in value && 'run' in value
}

async function tried(
  { title, begins, missing, brings, run }: Scenario,
  root: string,
  mounts: Mounts,
): Promise<Line> {
  const began = performance.now()
  const line = (result: Line['result'], more = ''): Line => ({
    result,
    title,
    seconds: (performance.now() - began) / 1_000,
    more,
  })
  let machine: Machine | undefined
  let other: Machine | undefined
  const another = async (): Promise<Machine> => {
    other = await Machine.boot(root, mounts)
    return other
  }
  // Beside the copy of the root, on the same disk.
  const brought = `${root}.brought`
  try {
    if (brings !== undefined) mkdirSync(brought)
    machine = await Machine.boot(root, mounts, brings?.(brought))
    if (begins === undefined || begins === 'previous') await listening(machine)
    const lacking = await missing?.(machine)
    if (lacking !== undefined) return line('skipped', lacking)
    return line('ok', await run(machine, another))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const journal = await machine?.journal().catch(() => undefined)
    return line('FAILED', `${reason}\n${journal ?? ''}`)
  } finally {
    await other?.stop()
    await machine?.stop()
    rmSync(brought, { recursive: true, force: true })
  }
}

function shown({ result, title, seconds, more }: Line): string {
  const [first = '', ...rest] = more.trim().split('\n')
  const detail = rest.map(text => `\n          ${text}`).join('')
  return `${result.padEnd(8)}${seconds.toFixed(1).padStart(5)} s  ${title}${first === '' ? '' : `: ${first}`}${detail}`
}

function report(lines: readonly Line[]): void {
  const width = Math.max(...lines.map(({ title }) => title.length))
  console.log(`\n${'result'.padEnd(8)} ${'scenario'.padEnd(width)}  measured`)
  for (const { result, title, more } of lines)
    console.log(`${result.padEnd(8)} ${title.padEnd(width)}  ${more.split('\n')[0]}`)
  const count = (wanted: Line['result']): number => lines.filter(({ result }) => result === wanted).length
  console.log(`\n${count('ok')} passed, ${count('FAILED')} failed, ${count('skipped')} skipped`)
}
