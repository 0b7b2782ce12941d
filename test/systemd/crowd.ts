/**
 * Runs in the network of a machine: `crowd.ts '{"clients":…}'` with a {@link CrowdOrder}. Many of this project's own clients talk
 * in rooms. They lose the connection and come back by themselves; what each of them saw is compared at the end. It prints a line
 * of JSON when all have joined, `{"joined":…}`, and a {@link Crowd} once a line came in and all is sent and seen.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ChatClient } from '../../src/client/client.ts'
import { createClient } from '../../src/client/core.ts'

/** Who talks where. */
export interface CrowdOrder {
  readonly clients: number
  /** Rooms, `room0` and on, and how many of them each client is in. */
  readonly rooms: number
  readonly joined: number
  /** How often each client says something, ms. */
  readonly every: number
  /** Connections beside them whose peers read nothing, and never close: machines that sleep. */
  readonly asleep: number
}

/** What the clients met and saw. */
export interface Crowd {
  /** By room, what all its members saw, in order. */
  readonly seen: Readonly<Record<string, readonly string[]>>
  readonly said: number
  /** Sentences about what differs from what must be: a gap, a message twice, another order, one that is not sent. */
  readonly wrong: readonly string[]
  /** Attempts to connect that the machine refused. */
  readonly refused: number
  /** For each connection that was lost, how long it took until all rooms were joined again, ms, the shortest first. */
  readonly away: readonly number[]
  /** From saying to seeing it confirmed, the longest, ms. */
  readonly longestUnsent: number
  /** When the first connection was lost and when the last client was back, ms since 1970. */
  readonly lostAt: number
  readonly backAt: number
  /** The longest that this process was late by itself, ms, and its CPU, s. */
  readonly late: number
  readonly cpu: number
}

const HOST = '127.0.0.1'
const PORT = 9011
const AT_ONCE = 50
const PATIENCE_MS = 60_000

const order = JSON.parse(process.argv[2] ?? '{}') as CrowdOrder
const wrong: string[] = []
const away: number[] = []
let [refused, said, longestUnsent, lostAt, backAt] = [0, 0, 0, 0, 0]

/** One person: talks, and notes how long it is away. */
class Person {
  readonly name: string
  readonly rooms: readonly string[]
  readonly client: ChatClient
  #lost = 0
  #isRefused = false
  /** When the message that is not confirmed was said. */
  #unsent: number | undefined
  #said = 0

  constructor(n: number) {
    this.name = `crowd${n}`
    const { joined, rooms } = order
    this.rooms = Array.from(
      { length: joined },
      (_, i) => `room${(n + i * (1 + Math.floor(n / rooms))) % rooms}`,
    )
    this.client = createClient({
      host: HOST,
      port: PORT,
      username: this.name,
      clientName: 'test',
      rooms: this.rooms,
    })
    this.client.subscribe(() => this.#look())
    this.client.start()
  }

  get isIn(): boolean {
    const { link, rooms } = this.client
    return link.status === 'online' && this.rooms.every(room => rooms.get(room)?.status === 'joined')
  }

  speak(): void {
    // The next one waits for its confirmation, as with a person who reads.
    if (this.#unsent !== undefined) return
    const room = this.rooms[this.#said % this.rooms.length] ?? ''
    this.#unsent = performance.now()
    said++
    if (!this.client.say(room, `${this.name} ${this.#said++}`).ok) wrong.push(`${this.name} could not speak`)
  }

  /** What it saw in a room, of this crowd. */
  seen(room: string): readonly string[] {
    const timeline = this.client.rooms.get(room)?.timeline ?? []
    const first = timeline.findIndex(entry => entry.kind === 'message' && entry.from.startsWith('crowd'))
    return timeline
      .slice(first < 0 ? timeline.length : first)
      .map(entry => (entry.kind === 'message' ? (entry.text ?? 'deleted') : `[${entry.kind}]`))
  }

  #look(): void {
    const { link } = this.client
    const isRefused = link.status === 'waiting' && link.reason === 'no server listens there'
    if (isRefused && !this.#isRefused) refused++
    this.#isRefused = isRefused
    if (this.#unsent !== undefined && !this.client.hasUnsent) {
      longestUnsent = Math.max(longestUnsent, performance.now() - this.#unsent)
      this.#unsent = undefined
    }
    if (people === undefined) return
    if (link.status !== 'online') {
      if (this.#lost === 0) this.#lost = Date.now()
      lostAt = lostAt === 0 ? this.#lost : Math.min(lostAt, this.#lost)
    } else if (this.#lost !== 0 && this.isIn) {
      backAt = Date.now()
      away.push(backAt - this.#lost)
      this.#lost = 0
    }
  }
}

/** Waits until something holds for all people. */
async function all(
  people: readonly Person[],
  holds: (person: Person) => boolean,
  what: string,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!people.every(holds)) {
    if (performance.now() > deadline) {
      const one = people.find(person => !holds(person))
      wrong.push(`${what}: not ${one?.name}, link ${JSON.stringify(one?.client.link)}`)
      return
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

function sleeper(n: number): Promise<unknown> {
  const socket = connect({ host: HOST, port: PORT })
  socket.on('error', () => undefined)
  socket.write(
    `{"action":"connect","username":"asleep${n}","protocol":1}\n{"action":"joinroom","room":"room0"}\n`,
  )
  // It read its welcome, and then nothing more.
  return once(socket, 'data').then(() => socket.pause())
}

/** What the members of a room saw: all the same. */
function compare(people: readonly Person[], room: string): readonly string[] {
  const members = people.filter(({ rooms }) => rooms.includes(room))
  const seen = members[0]?.seen(room) ?? []
  const text = seen.join('\n')
  for (const member of members)
    if (member.seen(room).join('\n') !== text)
      wrong.push(`${room}: ${member.name} and ${members[0]?.name} saw different things`)
  if (new Set(seen).size !== seen.length) wrong.push(`${room}: something was seen twice`)
  return seen
}

let people: readonly Person[] | undefined
const coming: Person[] = []
for (let n = 0; n < order.clients; n += AT_ONCE) {
  coming.push(...Array.from({ length: Math.min(AT_ONCE, order.clients - n) }, (_, i) => new Person(n + i)))
  await all(coming, ({ isIn }) => isIn, 'joined at first')
}
await Promise.all(Array.from({ length: order.asleep }, (_, n) => sleeper(n)))
people = coming
const delays = monitorEventLoopDelay({ resolution: 10 })
delays.enable()
const cpuBefore = process.cpuUsage()
const timers: NodeJS.Timeout[] = []
for (const [n, person] of people.entries())
  setTimeout(
    () => timers.push(setInterval(() => person.speak(), order.every)),
    (n / order.clients) * order.every,
  )
process.stdout.write(`${JSON.stringify({ joined: people.length })}\n`)
await once(process.stdin, 'data')
timers.forEach(clearInterval)
await all(people, ({ isIn }) => isIn, 'joined at the end')
await all(people, ({ client }) => !client.hasUnsent, 'everything is confirmed')
// Each room ends with the same message for all its members.
const rooms = Array.from({ length: order.rooms }, (_, n) => `room${n}`)
const longest = new Map(
  rooms.map(room => [room, Math.max(...people.map(person => person.seen(room).length))]),
)
await all(
  people,
  person => person.rooms.every(room => person.seen(room).length === longest.get(room)),
  'all is seen',
)
const { user, system } = process.cpuUsage(cpuBefore)
const result: Crowd = {
  seen: Object.fromEntries(rooms.map(room => [room, compare(coming, room)])),
  said,
  wrong: wrong.slice(0, 10),
  refused,
  away: away.sort((a, b) => a - b),
  longestUnsent: Math.round(longestUnsent),
  lostAt,
  backAt,
  late: Math.round(delays.max / 1e6),
  cpu: (user + system) / 1e6,
}
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
