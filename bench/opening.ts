import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startClient } from './client.ts'
import { median, type Row } from './figures.ts'
import { fillLog } from './longLog.ts'
import { startDaemon } from './programs.ts'

const TIMES = 10
const ROOMS = 10
const EVENTS_A_ROOM = 100_000

/** The start of a client in an empty room, and in ten rooms of 100,000 messages: the first start, and a later one. */
export async function opening(): Promise<Row[]> {
  const names = Array.from({ length: ROOMS }, (_, at) => (at === 0 ? 'bench' : `room${at}`))
  const empty = await startDaemon()
  const long = await startDaemon(directory =>
    fillLog(directory, ROOMS * EVENTS_A_ROOM, n => names[n % ROOMS] ?? ''),
  )
  try {
    const others = names.slice(1)
    const newest = `n${ROOMS * EVENTS_A_ROOM}`
    return [
      await measure('one empty room', empty.port, [], 'online', false),
      await measure('ten rooms of 100,000', long.port, others, newest, false),
      await measure('the same, opened before', long.port, others, newest, true),
    ]
  } finally {
    await empty.stop()
    await long.stop()
  }
}

async function measure(
  what: string,
  port: number,
  rooms: readonly string[],
  wanted: string,
  isKnown: boolean,
): Promise<Row> {
  const paints: number[] = []
  const whole: number[] = []
  const home = isKnown ? mkdtempSync(join(tmpdir(), 'chat-tui-bench-')) : undefined
  for (let i = 0; i <= TIMES; i++) {
    const client = await startClient(port, 80, 24, { rooms, wanted, ...(home === undefined ? {} : { home }) })
    paints.push(client.firstPaint)
    whole.push(client.wantedAfter)
    await client.stop()
  }
  if (home !== undefined) rmSync(home, { recursive: true, force: true })
  return {
    what,
    figures: { 'first paint ms': median(paints.slice(1)), 'newest message ms': median(whole.slice(1)) },
  }
}
