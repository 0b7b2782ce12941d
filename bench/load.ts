/**
 * The load of the benches, in a process of its own: people in rooms, and one sender in each room. Usage:
 * `node load.ts '{"port":…}'` with a {@link LoadOrder}. It prints a line `begin` when all people are connected and the
 * measured sending begins, and at the end a line of JSON, a {@link LoadResult}.
 */
import { connect, type Socket } from 'node:net'
import { DIALECTS, type Dialect, type DialectName } from './dialects.ts'
import { percentile } from './figures.ts'
import { secured } from './secure.ts'

/** The parameters of a load. */
export interface LoadOrder {
  readonly port: number
  readonly dialect: DialectName
  /** Through TLS. */
  readonly isEncrypted?: boolean
  /** Connections that listen, spread over the rooms; one more in each room sends. */
  readonly listeners: number
  readonly rooms: number
  /** Bytes of a text. */
  readonly bytes: number
  /** How long the senders send, s; afterwards the load waits until all messages have arrived. */
  readonly seconds: number
  /** How long the senders send before the measurement, s: V8 then compiles the hot code, here and in the server. */
  readonly warmUp?: number
  /** How many messages a sender may be ahead of one listener of its room; then it waits for that listener. */
  readonly inFlight?: number
  /** Instead of `inFlight`: messages a second in each room, sent without waiting. */
  readonly perSecond?: number
}

/** The result of a load. */
export interface LoadResult {
  readonly delivered: number
  readonly lost: number
  readonly disordered: number
  /** From the first message to the last delivery. */
  readonly seconds: number
  /** From the time when a message was due to its delivery, ms. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** CPU that this process used during the measurement, s. */
  readonly loadCpu: number
}

/** One of this many connections checks the order and the latency of each message. */
const WATCH_EVERY = 50
const MARK = '~'.charCodeAt(0)
const PROBE = '^'.charCodeAt(0)
/** Connections that the load opens at the same time. */
const AT_ONCE = 200
const PATIENCE_MS = 60_000
/** The interval at which a sender sends its due messages, ms. */
const TICK_MS = 2

const order = JSON.parse(process.argv[2] ?? '{}') as LoadOrder
const dialect: Dialect = DIALECTS[order.dialect]
const latencies: number[] = []
let disordered = 0
let delivered = 0
let onDelivered: () => void = () => undefined
/** Node reads sockets one after the other, so they share one buffer. */
const buffer = Buffer.allocUnsafe(256 * 1024)

class Person {
  readonly room: string
  #socket: Socket | undefined
  received = 0
  isIn = false
  readonly ready: Promise<void>
  onRead: () => void = () => undefined
  #rest = ''
  readonly #watches: boolean
  readonly #listens: boolean
  #welcomed: () => void = () => undefined

  constructor(name: string, room: string, watches: boolean, listens: boolean) {
    this.room = room
    this.#watches = watches
    this.#listens = listens
    this.ready = new Promise(resolve => {
      this.#welcomed = resolve
    })
    const callback = (length: number): boolean => {
      this.#read(buffer.subarray(0, length))
      return true
    }
    if (order.isEncrypted === true) {
      secured(order.port, order.dialect, { buffer, callback }).then(
        socket => {
          socket.on('data', (chunk: Buffer) => this.#read(chunk))
          this.#opened(socket, name)
        },
        (error: Error) => fail(`no handshake: ${error.message}`),
      )
      return
    }
    const socket = connect({
      port: order.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer, callback },
    })
    socket.on('connect', () => this.#opened(socket, name))
    socket.on('error', error => fail(`a connection broke: ${error.message}`))
  }

  write(lines: string): void {
    this.#socket?.write(lines)
  }

  #opened(socket: Socket, name: string): void {
    this.#socket = socket
    socket.on('error', error => fail(`a connection broke: ${error.message}`))
    socket.on('close', () => fail('the server closed a connection'))
    socket.write(dialect.hello(name))
    if (dialect.welcome === undefined) this.#join()
  }

  #read(chunk: Buffer): void {
    if (dialect.welcome === undefined || this.isIn) return this.#take(chunk)
    this.#rest += chunk.toString('latin1')
    if (!this.#rest.includes(dialect.welcome)) return
    this.#rest = ''
    this.#join()
  }

  /** Whether one of the messages has arrived that show that all people are in their rooms. */
  isProbed = false

  #join(): void {
    this.isIn = true
    // A sender joins too, since most protocols require it; NATS does not, and would send it its own messages.
    if (this.#listens || order.dialect !== 'nats') this.write(dialect.join(this.room))
    this.#welcomed()
  }

  #take(chunk: Buffer): void {
    if (!this.isProbed) this.isProbed = chunk.includes(PROBE)
    if (this.#watches) this.#look(chunk.toString('latin1'))
    else {
      let found = 0
      for (let at = chunk.indexOf(MARK); at !== -1; at = chunk.indexOf(MARK, at + 1)) found++
      this.received += found
      delivered += found
    }
    this.onRead()
    onDelivered()
  }

  #look(text: string): void {
    const all = this.#rest + text
    const end = all.lastIndexOf('\n') + 1
    this.#rest = all.slice(end)
    const now = performance.now()
    for (const [, number, due] of all.slice(0, end).matchAll(/~(\d+) (\d+\.\d+)/g)) {
      if (Number(number) !== this.received) disordered++
      latencies.push(now - Number(due))
      this.received++
      delivered++
    }
  }
}

/** Sends messages in a room, from `begin` to `end`. */
class Speaker {
  sent = 0
  readonly #person: Person
  readonly #pace: Person
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(person: Person, pace: Person) {
    this.#person = person
    this.#pace = pace
  }

  begin(began: number): void {
    const { inFlight, perSecond } = order
    this.#isOver = false
    if (perSecond === undefined) {
      const pump = (): void => this.#pump(inFlight ?? 1)
      this.#pace.onRead = pump
      pump()
      return
    }
    const before = this.sent
    this.#timer = setInterval(() => {
      const due = before + Math.floor(((performance.now() - began) / 1_000) * perSecond)
      let lines = ''
      while (this.sent < due) lines += this.#next(began + ((this.sent + 1 - before) / perSecond) * 1_000)
      if (lines !== '') this.#person.write(lines)
    }, TICK_MS)
  }

  end(): void {
    this.#isOver = true
    clearInterval(this.#timer)
  }

  #pump(inFlight: number): void {
    const now = performance.now()
    // Real clients make one write for each message. Messages of one write would stay together on every server.
    while (!this.#isOver && this.sent - this.#pace.received < inFlight) this.#person.write(this.#next(now))
  }

  #next(due: number): string {
    const text = `~${this.sent++} ${due.toFixed(3)} `.padEnd(order.bytes, 'x')
    return dialect.say(this.#person.room, text)
  }
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

const roomOf = (n: number): string => `bench${n % order.rooms}`
const people: Person[] = []
async function admit(count: number, make: (n: number) => Person): Promise<Person[]> {
  const admitted: Person[] = []
  for (let n = 0; n < count; n += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - n) }, (_, i) => make(n + i))
    admitted.push(...some)
    await Promise.all(some.map(({ ready }) => ready))
  }
  people.push(...admitted)
  return admitted
}
const listeners = await admit(
  order.listeners,
  n => new Person(`m${n}`, roomOf(n), n % WATCH_EVERY === 0 || n < order.rooms, true),
)
const speakers = (await admit(order.rooms, n => new Person(`s${n}`, roomOf(n), false, false))).map(
  (person, n) => {
    const pace = listeners[n]
    if (pace === undefined) fail('fewer listeners than rooms')
    return { person, speaker: new Speaker(person, pace) }
  },
)

// All listeners are in their rooms once each has received a message.
const deadline = Date.now() + PATIENCE_MS
while (listeners.some(({ isProbed }) => !isProbed)) {
  if (Date.now() > deadline) fail('some listeners received no message')
  for (const { person } of speakers) person.write(dialect.say(person.room, '^'))
  await new Promise(resolve => setTimeout(resolve, 300))
}
await new Promise(resolve => setTimeout(resolve, 500))

const listening = speakers.map((_, room) => listeners.filter((__, n) => n % order.rooms === room).length)
/** The deliveries of all messages sent so far. */
const due = (): number =>
  speakers.reduce((sum, { speaker }, room) => sum + speaker.sent * (listening[room] ?? 0), 0)

/** Lets all senders send for some seconds, and waits until every message has arrived. */
async function speak(seconds: number): Promise<void> {
  const began = performance.now()
  for (const { speaker } of speakers) speaker.begin(began)
  await new Promise(resolve => setTimeout(resolve, seconds * 1_000))
  for (const { speaker } of speakers) speaker.end()
  const all = due()
  const arrived = new Promise<void>(resolve => {
    onDelivered = () => {
      if (delivered >= all) resolve()
    }
  })
  onDelivered()
  await Promise.race([arrived, new Promise(resolve => setTimeout(resolve, PATIENCE_MS))])
}

if (order.warmUp !== undefined) await speak(order.warmUp)
latencies.length = 0
const deliveredBefore = delivered
process.stdout.write('begin\n')
const cpuBefore = process.cpuUsage()
const began = performance.now()
await speak(order.seconds)
const seconds = (performance.now() - began) / 1_000
const cpu = process.cpuUsage(cpuBefore)
latencies.sort((a, b) => a - b)
const result: LoadResult = {
  delivered: delivered - deliveredBefore,
  lost: due() - delivered,
  disordered,
  seconds,
  p50: percentile(latencies, 50),
  p99: percentile(latencies, 99),
  max: percentile(latencies, 100),
  loadCpu: (cpu.user + cpu.system) / 1e6,
}
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
