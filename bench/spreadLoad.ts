/**
 * The load of the benches with many rooms, in a process of its own: full clients, each in several rooms, and messages that
 * go round the rooms. Usage: `node spreadLoad.ts '{"port":…}'` with a {@link SpreadOrder}. It prints a line `begin` when all
 * have joined and the measured sending begins, and at the end a line of JSON, a {@link LoadResult}.
 */
import { randomUUIDv7 } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from './figures.ts'
import { authorName, roomName } from './keptLog.ts'
import type { LoadResult } from './load.ts'

/** The parameters of a spread load. */
export interface SpreadOrder {
  readonly port: number
  /** Connections, a multiple of `members`. */
  readonly people: number
  readonly rooms: number
  /** Members of each room, with the one who speaks there, and who is sent the messages too. */
  readonly members: number
  /** How many of the rooms have messages. */
  readonly speaking: number
  /** Messages a second, in all rooms together. */
  readonly perSecond: number
  /** How long the messages go on before the measurement, and while it is on; s. */
  readonly warmUp: number
  readonly seconds: number
  /** Bytes of a text. */
  readonly bytes: number
}

const MARK = '~'.charCodeAt(0)
/** One of this many people checks the order and the latency of each message. */
const WATCH_EVERY = 10
const AT_ONCE = 200
const PATIENCE_MS = 60_000
/** The interval at which due messages are sent, ms. */
const TICK_MS = 2
/** Between the warm-up and the measurement, at most: the server indexes behind its commits; ms. */
const SETTLING_MS = 1_000
/** Messages and deliveries a second before the measurement, at most: V8 then compiles what runs, and rooms have a first one. */
const WARM_UP = { messages: 2_000, deliveries: 30_000 } as const
/** The server drops a full client that is silent for two minutes; connecting takes a part of that. */
const MOST_SECONDS = 90

const order = JSON.parse(process.argv[2] ?? '{}') as SpreadOrder
const { people, rooms, members, speaking } = order
/** Steps that visit each of the people once; each round of the rooms takes another, so that people have other company. */
const steps = Array.from({ length: people }, (_, i) => i + 1).filter(
  step => commonDivisor(step, people) === 1,
)
const latencies: number[] = []
let delivered = 0
let disordered = 0
/** The number of the newest message that a watching person had, by room. */
const newest = new Map<string, number>()

class Person {
  readonly socket: Socket
  readonly joined: Promise<void>
  readonly #watches: boolean
  #answered: () => void = () => undefined
  #missing: number
  #rest = ''

  constructor(n: number, names: readonly string[]) {
    this.#watches = n % WATCH_EVERY === 0 || people <= WATCH_EVERY * members
    this.#missing = names.length
    this.joined = new Promise(resolve => {
      this.#answered = resolve
    })
    this.socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true })
    this.socket.on('error', error => fail(`a connection broke: ${error.message}`))
    this.socket.on('close', () => fail('the server closed a connection'))
    this.socket.on('data', (chunk: Buffer) => this.#take(chunk))
    const joins = names.map((room, i) => `{"action":"joinroom","room":"${room}","id":"j${i}"}\n`)
    this.socket.write(
      `{"action":"connect","username":"${authorName(n)}","protocol":1,"id":"c"}\n${joins.join('')}`,
    )
    if (this.#missing === 0) this.#answered()
  }

  #take(chunk: Buffer): void {
    if (this.#watches || this.#missing > 0) return this.#look(chunk.toString('latin1'))
    for (let at = chunk.indexOf(MARK); at !== -1; at = chunk.indexOf(MARK, at + 1)) delivered++
  }

  #look(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    const now = performance.now()
    for (const line of lines) {
      if (this.#missing > 0 && line.startsWith('{"action":"ok"') && --this.#missing === 0) this.#answered()
      if (line.startsWith('{"action":"error"')) fail(`the server refused: ${line}`)
      const [, number, due] = /~(\d+) (\d+\.\d+)/.exec(line) ?? []
      if (number !== undefined) this.#heard(line, Number(number), now - Number(due))
    }
  }

  /** The rounds of messages are counted, so a room has growing numbers. */
  #heard(line: string, number: number, latency: number): void {
    delivered++
    latencies.push(latency)
    const key = `${this.socket.localPort} ${/"room":"([^"]*)"/.exec(line)?.[1]}`
    if (number <= (newest.get(key) ?? -1)) disordered++
    newest.set(key, number)
  }
}

/** The number of the person that is a member of a room; member 0 speaks there. */
function memberOf(room: number, member: number): number {
  const place = room * members + member
  const step = steps[Math.floor(place / people) % steps.length] ?? 1
  return ((place % people) * step) % people
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

if (people % members !== 0) fail('the people are not a multiple of the members of a room')
if (order.warmUp + order.seconds > MOST_SECONDS) fail(`a load lasts at most ${MOST_SECONDS} s`)

const roomsOf = Array.from({ length: people }, (): string[] => [])
for (let room = 0; room < rooms; room++)
  for (let member = 0; member < members; member++) roomsOf[memberOf(room, member)]?.push(roomName(room))
const persons: Person[] = []
for (let n = 0; n < people; n += AT_ONCE) {
  const some = Array.from(
    { length: Math.min(AT_ONCE, people - n) },
    (_, i) => new Person(n + i, roomsOf[n + i] ?? []),
  )
  persons.push(...some)
  await Promise.all(some.map(({ joined }) => joined))
}

const warmUpRate = Math.min(WARM_UP.messages, WARM_UP.deliveries / members)
let sent = 0
/** Speaks for some seconds, and waits until every message has arrived. */
async function speak(seconds: number, perSecond: number): Promise<void> {
  const before = sent
  const began = performance.now()
  while (sent - before < seconds * perSecond) {
    const elapsed = (performance.now() - began) / 1_000
    const due = before + Math.min(seconds, elapsed) * perSecond
    for (; sent < due; sent++) say(sent, began + ((sent - before) / perSecond) * 1_000)
    await wait(TICK_MS)
  }
  // Without messages the people are only there.
  await wait(Math.max(0, seconds * 1_000 - (performance.now() - began)))
  const deadline = performance.now() + PATIENCE_MS
  while (delivered < sent * members && performance.now() < deadline) await wait(TICK_MS)
}

/** Message n: in every so manieth room, so that those who speak are spread over all of them. */
function say(n: number, due: number): void {
  const room = Math.floor(((n % speaking) * rooms) / speaking)
  const text = `~${n} ${due.toFixed(3)} `.padEnd(order.bytes, 'x')
  const line = `{"action":"chat","room":"${roomName(room)}","message":"${text}","id":"${randomUUIDv7()}"}\n`
  persons[memberOf(room, 0)]?.socket.write(line)
}

await speak(order.warmUp, Math.max(order.perSecond, warmUpRate))
await wait(Math.min(SETTLING_MS, order.warmUp * 1_000))
latencies.length = 0
const deliveredBefore = delivered
process.stdout.write('begin\n')
const cpuBefore = process.cpuUsage()
const began = performance.now()
await speak(order.seconds, order.perSecond)
const seconds = (performance.now() - began) / 1_000
const cpu = process.cpuUsage(cpuBefore)
latencies.sort((a, b) => a - b)
const result: LoadResult = {
  delivered: delivered - deliveredBefore,
  lost: sent * members - delivered,
  disordered,
  seconds,
  p50: percentile(latencies, 50),
  p99: percentile(latencies, 99),
  max: percentile(latencies, 100),
  loadCpu: (cpu.user + cpu.system) / 1e6,
}
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
