import { Speaker, startClient } from './client.ts'
import { percentile, type Row } from './figures.ts'
import { cpuSeconds, residentMiB, startDaemon } from './programs.ts'

const KEYS = 200
const BETWEEN_KEYS_MS = 40
/** Letters that appear nowhere else on the screen. */
const LETTERS = ['q', 'z', 'j']

/** The time from a key to the bytes that paint it, in a real pty: idle, and while another member floods the room. */
export async function keystroke(): Promise<Row[]> {
  const rows: Row[] = []
  for (const [columns, lines] of [
    [80, 24],
    [200, 60],
  ] as const) {
    for (const perSecond of [0, 1_000]) rows.push(await measure(columns, lines, perSecond))
  }
  return rows
}

async function measure(columns: number, lines: number, perSecond: number): Promise<Row> {
  const daemon = await startDaemon()
  const client = await startClient(daemon.port, columns, lines)
  const speaker = new Speaker(daemon.port)
  try {
    await sleep(500)
    const stop = perSecond > 0 ? speaker.flood(perSecond) : () => undefined
    await sleep(500)
    const times: number[] = []
    const bytesBefore = client.bytes()
    for (let i = 0; i < KEYS; i++) {
      times.push(await client.key(LETTERS[i % LETTERS.length] ?? 'q'))
      await sleep(BETWEEN_KEYS_MS)
    }
    const bytes = client.bytes() - bytesBefore
    stop()
    times.sort((a, b) => a - b)
    return {
      what: `${columns}x${lines}, ${perSecond} messages/s`,
      figures: {
        'p50 ms': percentile(times, 50),
        'p99 ms': percentile(times, 99),
        'bytes/key': perSecond > 0 ? Number.NaN : bytes / KEYS,
      },
    }
  } finally {
    speaker.end()
    await client.stop()
    await daemon.stop()
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

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
