/**
 * The load of the fan-out bench, a process of its own: some members of one room, and one who speaks.
 * Prints one JSON object: deliveries, seconds, latencies, and what was lost or out of order.
 * Usage: node fanoutLoad.ts PORT MEMBERS MESSAGES
 */
import { connect, type Socket } from 'node:net'
import { percentile } from './figures.ts'

const IN_FLIGHT = 64
/** Every so many members one looks at each message: order, and how long it took. */
const WATCH_EVERY = 50
const NEWLINE = 0x0a
const TEXT_BYTES = 100

const [port = 0, members = 0, messages = 0] = process.argv.slice(2).map(Number)
const latencies: number[] = []
let disordered = 0

class Member {
  readonly socket: Socket
  received = 0
  #rest = ''
  readonly #watches: boolean
  readonly #onMessage: () => void

  constructor(number: number, onMessage: () => void) {
    this.#watches = number % WATCH_EVERY === 0
    this.#onMessage = onMessage
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket.write(`{"action":"connect","username":"m${number}"}\n{"action":"joinroom","room":"bench"}\n`)
    this.socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  #take(chunk: Buffer): void {
    if (this.#watches) return this.#look(chunk.toString('latin1'))
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) {
      this.received++
      this.#onMessage()
    }
  }

  #look(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const [number, sentAt] = (/"message":"(\d+) (\d+\.\d+)/.exec(line) ?? []).slice(1).map(Number)
      if (number !== this.received || sentAt === undefined) disordered++
      else latencies.push(performance.now() - sentAt)
      this.received++
      this.#onMessage()
    }
  }
}

let delivered = 0
const all = members * messages
let finish: () => void = () => undefined
const finished = new Promise<void>(resolve => {
  finish = resolve
})
const crowd = Array.from(
  { length: members },
  (_, i) =>
    new Member(i, () => {
      if (++delivered === all) finish()
    }),
)
await Promise.all(crowd.map(({ socket }) => new Promise(resolve => socket.once('connect', resolve))))
const speaker = connect({ port, host: '127.0.0.1', noDelay: true })
speaker.write('{"action":"connect","username":"speaker"}\n{"action":"joinroom","room":"bench"}\n')
// Everybody is in the room once a first message has reached everybody.
await new Promise(resolve => setTimeout(resolve, 500 + members))

const pace = crowd[0]
const began = performance.now()
let sent = 0
const pump = (): void => {
  let lines = ''
  while (sent < messages && sent - (pace?.received ?? 0) < IN_FLIGHT) {
    const text = `${sent++} ${performance.now().toFixed(3)} `.padEnd(TEXT_BYTES, 'x')
    lines += `{"action":"chat","room":"bench","message":"${text}"}\n`
  }
  if (lines !== '') speaker.write(lines)
}
pace?.socket.on('data', pump)
pump()
await Promise.race([finished, new Promise(resolve => setTimeout(resolve, 60_000))])
const seconds = (performance.now() - began) / 1_000
latencies.sort((a, b) => a - b)
process.stdout.write(
  `${JSON.stringify({
    delivered,
    lost: all - delivered,
    disordered,
    seconds,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    max: percentile(latencies, 100),
    loadCpu: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  })}\n`,
)
process.exit(0)
