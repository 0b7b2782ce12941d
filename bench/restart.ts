import { median, type Row } from './figures.ts'
import { copyEmptyLog, copyLog } from './keptLog.ts'
import { startDaemonIn } from './programs.ts'
import { counted, type Sizes, scaled } from './sizes.ts'

/** Starts after a clean stop at full scale. After `kill -9` one has to do: it reads every page of the log. */
const TIMES = 5

/** The time until chatd listens, with an empty log and with a long one: after a clean stop, and after `kill -9`. */
export async function restart(sizes: Sizes): Promise<Row[]> {
  const rows: Row[] = []
  const empty = copyEmptyLog(sizes)
  const long = copyLog(sizes.events, sizes)
  try {
    for (const [how, signal, count] of [
      ['a clean stop', 'SIGTERM', scaled(TIMES, sizes)],
      ['kill -9', 'SIGKILL', 1],
    ] as const) {
      const before = await listensAfter(empty.directory, signal, count)
      const after = await listensAfter(long.directory, signal, count)
      rows.push(
        { what: `an empty log, after ${how}`, figures: { 'listens after ms': before } },
        { what: `${counted(long.events)} events, after ${how}`, figures: { 'listens after ms': after } },
        { what: `what the events cost, after ${how}`, figures: { 'listens after ms': after - before } },
      )
    }
    return rows
  } finally {
    empty.remove()
    long.remove()
  }
}

/** The median of some starts, each after a stop by this signal; ms. */
async function listensAfter(directory: string, signal: NodeJS.Signals, count: number): Promise<number> {
  await (await startDaemonIn(directory)).stop(signal)
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const began = performance.now()
    const daemon = await startDaemonIn(directory)
    times.push(performance.now() - began)
    await daemon.stop(signal)
  }
  return median(times)
}
