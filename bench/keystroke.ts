import { setTimeout as sleep } from 'node:timers/promises'
import { startClient } from './client.ts'
import { INSPIRCD } from './contenders.ts'
import { percentile, type Row } from './figures.ts'
import { IRC_CLIENTS } from './ircClients.ts'
import { fillLog } from './longLog.ts'
import { cpuSeconds, residentMiB, startDaemon } from './programs.ts'
import { Speaker } from './speaker.ts'
import type { TerminalProgram } from './terminalProgram.ts'

const KEYS = 300
const BETWEEN_KEYS_MS = 40
/** Letters that appear nowhere else on the screen. */
const LETTERS = ['q', 'z', 'j']
const KEYS_A_LINE = 30
/** Ctrl+U, in all of the programs. */
const CLEAR_LINE = '\x15'
const SIZES = [
  [80, 24],
  [200, 60],
] as const
const FLOODS = [0, 1_000]
const ROOMS = 40
const MESSAGES = 100_000
/** Rooms of a client with all of them; the flood is in the first. */
const NAMES = Array.from({ length: ROOMS }, (_, at) => (at === 0 ? 'bench' : `room${at}`))

/**
 * The time from a key to the bytes that paint it, in a real pty: idle, and while another member floods the room with all that a
 * message can contain. chat-tui is in forty rooms with a hundred thousand messages; its peers are in one channel.
 */
export async function keystroke(): Promise<Row[]> {
  const rows: Row[] = []
  for (const size of SIZES) for (const flood of FLOODS) rows.push(await ours(size, flood))
  if (INSPIRCD.missing !== undefined) return rows
  for (const peer of IRC_CLIENTS)
    for (const [columns, lines] of SIZES)
      for (const flood of FLOODS) {
        const server = await INSPIRCD.start()
        const client = await peer.start(server.port, columns, lines)
        const speaker = new Speaker(server.port, 'irc')
        rows.push(await measure(`${peer.name}, ${columns}x${lines}`, client, speaker, flood))
        await server.stop()
      }
  return rows
}

async function ours([columns, lines]: readonly [number, number], flood: number): Promise<Row> {
  const daemon = await startDaemon(directory =>
    fillLog(directory, MESSAGES, n => NAMES[n % ROOMS] ?? 'bench'),
  )
  const client = await startClient(daemon.port, columns, lines, { rooms: NAMES.slice(1) })
  const row = await measure(`chat-tui, ${columns}x${lines}`, client, new Speaker(daemon.port), flood)
  await daemon.stop()
  return row
}

/** Ends the client and the speaker too. */
async function measure(
  what: string,
  client: TerminalProgram,
  speaker: Speaker,
  perSecond: number,
): Promise<Row> {
  await sleep(1_000)
  // V8 compiles what a flood runs, as it has in a client that runs all day.
  const stop = perSecond > 0 ? speaker.flood(perSecond) : () => undefined
  await sleep(2_000)
  const times: number[] = []
  const bytesBefore = client.bytes()
  const cpuBefore = cpuSeconds(client.pid)
  const began = performance.now()
  for (let i = 0; i < KEYS; i++) {
    times.push(await client.key(LETTERS[i % LETTERS.length] ?? 'q'))
    await sleep(BETWEEN_KEYS_MS)
    // A line that scrolls would show a letter before it is typed.
    if (i % KEYS_A_LINE === KEYS_A_LINE - 1) {
      client.type(CLEAR_LINE)
      await sleep(4 * BETWEEN_KEYS_MS)
    }
  }
  const bytes = client.bytes() - bytesBefore
  const busy = (cpuSeconds(client.pid) - cpuBefore) / ((performance.now() - began) / 1_000)
  stop()
  const resident = residentMiB(client.pid)
  speaker.end()
  await client.stop()
  times.sort((a, b) => a - b)
  return {
    what: `${what}, ${perSecond} messages/s`,
    figures: {
      'p50 ms': percentile(times, 50),
      'p99 ms': percentile(times, 99),
      'bytes/key': perSecond > 0 ? Number.NaN : bytes / KEYS,
      'CPU %': busy * 100,
      'RSS MiB': resident,
    },
  }
}

/** The cost of an idle client: CPU, and memory with a long history. */
export async function rest(): Promise<Row[]> {
  const daemon = await startDaemon()
  const client = await startClient(daemon.port, 80, 24)
  const speaker = new Speaker(daemon.port)
  try {
    await sleep(1_000)
    const before = cpuSeconds(client.pid)
    await sleep(5_000)
    const idle = ((cpuSeconds(client.pid) - before) / 5) * 100
    const small = residentMiB(client.pid)
    for (let i = 0; i < 20; i++) {
      speaker.say(500)
      await sleep(100)
    }
    const last = client.shown('QUIET')
    speaker.sayText('QUIET')
    await last
    await sleep(2_000)
    return [
      {
        what: 'chat-tui',
        figures: {
          'idle CPU %': idle,
          'RSS MiB': small,
          'RSS MiB, 10,000 messages': residentMiB(client.pid),
        },
      },
    ]
  } finally {
    speaker.end()
    await client.stop()
    await daemon.stop()
  }
}

/**
 * A client at 100x30, in forty rooms, in a flood of 1,000 messages a second: its memory at the end of each tenth of the time.
 * @param minutes of the flood
 */
export async function clientFlood(minutes: number): Promise<Row[]> {
  const daemon = await startDaemon(directory =>
    fillLog(directory, MESSAGES, n => NAMES[n % ROOMS] ?? 'bench'),
  )
  const client = await startClient(daemon.port, 100, 30, { rooms: NAMES.slice(1) })
  const speaker = new Speaker(daemon.port)
  const stop = speaker.flood(1_000)
  const rows: Row[] = []
  try {
    for (let tenth = 1; tenth <= 10; tenth++) {
      const before = cpuSeconds(client.pid)
      await sleep(minutes * 6_000)
      const busy = (cpuSeconds(client.pid) - before) / (minutes * 6)
      rows.push({
        what: `after ${(minutes * tenth) / 10} minutes`,
        figures: { 'RSS MiB': residentMiB(client.pid), 'CPU %': busy * 100 },
      })
    }
    return rows
  } finally {
    stop()
    speaker.end()
    await client.stop()
    await daemon.stop()
  }
}
