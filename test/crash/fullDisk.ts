import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Exported, KillableDaemon } from './daemon.ts'
import { Reader, Sender } from './people.ts'
import { until } from './waiting.ts'

const ROOM = 'dev'
/** The file system, and what lies on it beside the log, in MiB. */
const SIZE = 24
const BALLAST = 8

/** The result. Every promise holds if `broken` is empty. */
export interface FullDiskReport {
  readonly acknowledged: number
  readonly stored: number
  /** Requests that were answered `storage_unavailable`. */
  readonly heldBack: number
  readonly broken: readonly string[]
}

/** Whether this machine lets us make a small file system. */
export function canMount(): boolean {
  return process.getuid?.() === 0
}

/**
 * A log on a small file system that fills up under load. While it is full sending fails and reading goes on, also
 * after a `kill -9`; when there is room again sending works by itself; nothing that was acknowledged is lost.
 * @param directory empty; a file system of 24 MiB is mounted there meanwhile. Needs root.
 */
export async function fullDisk(directory: string): Promise<FullDiskReport> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}m`, 'tmpfs', directory])
  const ballast = join(directory, 'ballast')
  writeFileSync(ballast, Buffer.alloc(BALLAST * 1024 * 1024))
  const data = join(directory, 'data')
  mkdirSync(data)
  const daemon = new KillableDaemon(data)
  const port = (): number => daemon.port
  const senders = ['ann', 'ben'].map(name => new Sender(port, name, [ROOM], 64))
  const reader = new Reader(port, 'rea', [ROOM])
  const heldBack = (): number => senders.reduce((sum, sender) => sum + sender.heldBack, 0)
  try {
    await daemon.start()
    for (const one of [...senders, reader]) one.start()
    await until('the disk is full', () => heldBack() > 100)
    const before = await daemon.export(ROOM)
    await daemon.end('SIGKILL')
    await daemon.start()
    const seen = heldBack()
    await until('it says so again', () => heldBack() > seen + 100)
    const after = await daemon.export(ROOM)
    rmSync(ballast)
    await until('sending works again', () => senders.every(sender => sender.isDone))
    return report(
      senders,
      [before, after, await daemon.export(ROOM)],
      (await daemon.check()).text,
      heldBack(),
    )
  } finally {
    for (const one of [...senders, reader]) one.end()
    await daemon.end('SIGKILL')
    execFileSync('umount', [directory])
  }
}

function report(
  senders: readonly Sender[],
  logs: readonly (readonly Exported[])[],
  health: string,
  heldBack: number,
): FullDiskReport {
  const broken = senders.flatMap(sender => sender.wrong)
  const last = logs.at(-1) ?? []
  const seqs = new Map(last.map(({ id, seq }) => [id, seq]))
  if (seqs.size !== last.length) broken.push('something is stored twice')
  for (const log of logs) {
    if (log.some(({ id, seq }) => seqs.get(id) !== seq))
      broken.push('what could be read is not in the log any more')
  }
  const acknowledged = senders.flatMap(sender => [...sender.acknowledged])
  for (const [id, seq] of acknowledged)
    if (seqs.get(id) !== seq) broken.push(`${id} was acknowledged as ${seq} and is ${seqs.get(id)}`)
  if (!health.startsWith('integrity: ok')) broken.push(health)
  return { acknowledged: acknowledged.length, stored: last.length, heldBack, broken }
}
