import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, type Row } from './figures.ts'
import { fillLog } from './longLog.ts'
import { startDaemonIn } from './programs.ts'

const TIMES = 5
const EVENTS = 1_000_000

/** The time until chatd listens, with an empty log and with a long one: after a clean stop, and after `kill -9`. */
export async function restart(): Promise<Row[]> {
  const rows: Row[] = []
  for (const events of [0, EVENTS]) {
    const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
    if (events > 0) fillLog(directory, events, n => `room${n % 10}`)
    for (const [how, signal] of [
      ['a clean stop', 'SIGTERM'],
      ['kill -9', 'SIGKILL'],
    ] as const) {
      await (await startDaemonIn(directory)).stop(signal)
      const times: number[] = []
      for (let i = 0; i < TIMES; i++) {
        const began = performance.now()
        const daemon = await startDaemonIn(directory)
        times.push(performance.now() - began)
        await daemon.stop(signal)
      }
      const what = `${events.toLocaleString('en-US')} events, after ${how}`
      rows.push({ what, figures: { 'listens after ms': median(times) } })
    }
    rmSync(directory, { recursive: true, force: true })
  }
  return rows
}
