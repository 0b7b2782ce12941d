import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { BystanderTimes } from './bystander.ts'
import { percentile, type Row } from './figures.ts'
import { ATTACKS } from './hostileAttacks.ts'
import { fillLog } from './longLog.ts'
import { type BenchDaemon, residentMiB, startDaemonIn } from './programs.ts'

const BYSTANDER = new URL('bystander.ts', import.meta.url).pathname
const ATTACKER = new URL('hostileAttacks.ts', import.meta.url).pathname
const SECONDS = 6
/** The attack goes on for a while before it is measured, ms. */
const ONSET = 1_500
const LONG_ROOM = 100_000

/**
 * A normal client beside each attack of one address, by the limits that a daemon has by default: quiet, while the attack is at
 * another daemon, which shows what the attacker takes from the machine, and under the attack.
 */
export async function hostile(only: readonly string[] = Object.keys(ATTACKS)): Promise<Row[]> {
  const directories: string[] = []
  const started: BenchDaemon[] = []
  const start = async (): Promise<BenchDaemon> => {
    const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
    directories.push(directory)
    fillLog(directory, LONG_ROOM, () => 'long')
    const daemon = await startDaemonIn(directory, true)
    started.push(daemon)
    return daemon
  }
  try {
    const rows: Row[] = [await measure('quiet', await start(), undefined)]
    for (const name of only) {
      const [daemon, other] = [await start(), await start()]
      rows.push(await measure(`elsewhere: ${name}`, daemon, { name, port: other.port }))
      rows.push(await measure(name, daemon, { name, port: daemon.port }))
      await Promise.all(started.splice(0).map(one => one.stop('SIGKILL')))
    }
    return rows
  } finally {
    await Promise.all(started.map(one => one.stop('SIGKILL')))
    for (const directory of directories) rmSync(directory, { recursive: true, force: true })
  }
}

async function measure(
  what: string,
  daemon: BenchDaemon,
  attack: { readonly name: string; readonly port: number } | undefined,
): Promise<Row> {
  const bystander = program(BYSTANDER, String(daemon.port), String(SECONDS))
  let attacker: ChildProcess | undefined
  try {
    const results = lines(bystander)
    await results.next()
    if (attack !== undefined) {
      attacker = await startAttack(attack.port, attack.name)
      await wait(ONSET)
    }
    bystander.stdin?.write('begin\n')
    const { value } = await results.next()
    return { what, figures: { ...figuresOf(JSON.parse(String(value))), 'RSS MiB': residentMiB(daemon.pid) } }
  } finally {
    bystander.kill('SIGKILL')
    attacker?.kill('SIGKILL')
  }
}

/** Starts a process that attacks the daemon on a port until it is killed. @param name one of {@link ATTACKS} */
export async function startAttack(port: number, name: string): Promise<ChildProcess> {
  const attacker = program(ATTACKER, String(port), name)
  await lines(attacker).next()
  attacker.stdin?.write('begin\n')
  return attacker
}

function figuresOf(times: BystanderTimes): Record<string, number> {
  const figures: Record<string, number> = {}
  for (const kind of ['ack', 'ping', 'page', 'newcomer'] as const) {
    const sorted = times[kind].sort((a, b) => a - b)
    figures[`${kind} p50`] = percentile(sorted, 50)
    figures[`${kind} p99`] = percentile(sorted, 99)
  }
  return figures
}

function program(file: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
}

function lines(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new Error('the output of a program is not read')
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}
