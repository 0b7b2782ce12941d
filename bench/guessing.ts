import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { median, type Row } from './figures.ts'
import { startDaemon } from './programs.ts'
import { underLoad } from './underLoad.ts'

const FLOOD = new URL('guessingFlood.ts', import.meta.url).pathname
const SECONDS = 5
/** The messages of two connected people, in a room of their own. */
const BYSTANDERS = {
  dialect: 'plain',
  listeners: 1,
  rooms: 1,
  bytes: 100,
  seconds: 5,
  perSecond: 200,
} as const

/**
 * Two connected people go on sending: alone, while others try passwords, more than 10,000 of them, and while the same happens to another
 * daemon. Then how long a wrong password of a name with an account takes, and of one without.
 */
export async function guessing(): Promise<Row[]> {
  const other = await startDaemon()
  try {
    return [
      await measure('alone', 0),
      await measure('a flood of passwords, 50 at once', 50),
      await measure('the flood at another daemon', 50, other.port),
      await compare(),
    ]
  } finally {
    await other.stop()
  }
}

/** @param attacked the port of the attacked daemon; by default that of the people */
async function measure(what: string, atOnce: number, attacked?: number): Promise<Row> {
  const daemon = await startDaemon()
  const args = [FLOOD, String(attacked ?? daemon.port), String(atOnce), String(SECONDS)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const counts = countsOf(child.stdout)
  try {
    const { result } = await underLoad(daemon, { ...BYSTANDERS, port: daemon.port }, () =>
      child.stdin.write('begin\n'),
    )
    const [checked = 0, heldOff = 0] = await counts
    return {
      what,
      figures: {
        checked,
        'held off': heldOff,
        'bystander p50 ms': result.p50,
        'bystander p99 ms': result.p99,
        'bystander max ms': result.max,
        lost: result.lost,
      },
    }
  } finally {
    child.kill()
    await daemon.stop()
  }
}

/** Wrong passwords, in turn for a name with an account and for one without: the medians tell nothing apart. */
async function compare(): Promise<Row> {
  const daemon = await startDaemon()
  try {
    await ask(daemon.port, '127.0.0.1', [
      { action: 'connect', username: 'known', protocol: 1 },
      { action: 'register', id: 'r', password: 'correct horse' },
    ])
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
    for (let round = 0; round < 10; round++)
      for (const name of ['known', 'unknown'] as const) {
        const began = performance.now()
        const wrong = { action: 'connect', username: name, protocol: 1, password: `wrong ${round}` }
        await ask(daemon.port, `127.9.${round}.${name.length}`, [wrong])
        times[name].push(performance.now() - began)
      }
    return {
      what: 'a wrong password',
      figures: { 'with account ms': median(times.known), 'without ms': median(times.unknown) },
    }
  } finally {
    await daemon.stop()
  }
}

/** Says lines, each after the answer to the one before. */
function ask(port: number, localAddress: string, lines: readonly object[]): Promise<void> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    let said = 0
    const next = (): void => {
      const line = lines[said++]
      if (line === undefined) socket.destroy()
      else socket.write(`${JSON.stringify(line)}\n`)
    }
    socket.on('connect', next)
    socket.on('close', () => resolve())
    createInterface({ input: socket }).on('line', next)
  })
}

async function countsOf(output: NodeJS.ReadableStream): Promise<readonly number[]> {
  for await (const line of createInterface({ input: output })) return line.split(' ').map(Number)
  return []
}
