import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const AGAIN_AFTER = 10
const NAME_AGAIN_AFTER = 500
/** A sender that has given up a message says the next one after this, ms. */
const NEXT_AFTER = 200

/** A frame of either side. */
export type Frame = Readonly<Record<string, unknown>>

/** A client of a bare socket, which connects again after every loss of its connection or of the daemon. */
export abstract class Stubborn {
  readonly #port: () => number
  #socket: Socket | undefined
  #ended = false

  constructor(port: () => number) {
    this.#port = port
  }

  /** Connects, again and again until {@link end}. */
  start(): void {
    if (this.#ended) return
    const socket = connect({ port: this.#port(), host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.on('connect', () => this.came())
    // A half line at a cut is an incomplete object: it was not said.
    createInterface({ input: socket })
      .on('line', line => this.heard(parse(line)))
      .on('error', () => undefined)
    socket.on('close', () => {
      this.lost()
      setTimeout(() => this.start(), AGAIN_AFTER)
    })
  }

  end(): void {
    this.#ended = true
    this.#socket?.destroy()
  }

  protected send(frame: Frame): void {
    if (this.#socket?.writable === true) this.#socket.write(`${JSON.stringify(frame)}\n`)
  }

  /** Ends the connection; another one follows. */
  protected leave(): void {
    this.#socket?.destroy()
  }

  /** The connection is over, or none came about. */
  protected lost(): void {}

  protected abstract came(): void
  protected abstract heard(frame: Frame): void
}

/** Sends as fast as it gets answers, and repeats unanswered requests with the same id. Remembers every answer. */
export class Sender extends Stubborn {
  /** By id: the seq that was acknowledged. */
  readonly acknowledged = new Map<string, number>()
  /** Answers that contradict an earlier one, or refuse what has to be taken. */
  readonly wrong: string[] = []
  /** By id: when it was said first, and when it was acknowledged first; ms of the steady clock. */
  readonly times = new Map<string, { readonly sentAt: number; acknowledgedAt?: number }>()
  sent = 0
  /** How often the disk was full. */
  heldBack = 0
  /** The messages that it gave up, since they were refused. */
  readonly givenUp = new Set<string>()
  #session: unknown
  readonly #name: string
  readonly #rooms: readonly string[]
  readonly #inFlight: number
  readonly #givesUp: boolean
  readonly #open = new Map<string, Frame>()
  #isQuiet = false
  #number = 0

  /** @param givesUp does not repeat what was refused */
  constructor(port: () => number, name: string, rooms: readonly string[], inFlight: number, givesUp = false) {
    super(port)
    this.#name = name
    this.#rooms = rooms
    this.#inFlight = inFlight
    this.#givesUp = givesUp
  }

  /** Says nothing new; true when everything that was said is acknowledged. */
  get isDone(): boolean {
    this.#isQuiet = true
    return this.#open.size === 0
  }

  protected came(): void {
    const session = this.#session === undefined ? {} : { session: this.#session }
    this.send({ action: 'connect', username: this.#name, protocol: 1, ...session })
  }

  protected heard(frame: Frame): void {
    if (frame['action'] === 'welcome') {
      this.#session = frame['session']
      for (const room of this.#rooms) this.send({ action: 'joinroom', room })
      for (const request of this.#open.values()) this.#sendOnce(request)
      this.#sayMore()
    } else if (frame['action'] === 'ok') this.#answered(frame)
    else if (frame['action'] === 'error') this.#refused(frame)
  }

  #answered({ id, seq }: Frame): void {
    if (typeof id !== 'string' || typeof seq !== 'number') return
    const before = this.acknowledged.get(id)
    if (before !== undefined && before !== seq) this.wrong.push(`${id} was ${before} and is ${seq}`)
    this.acknowledged.set(id, seq)
    const times = this.times.get(id)
    if (times !== undefined) times.acknowledgedAt ??= performance.now()
    this.#open.delete(id)
    this.#sayMore()
  }

  #refused({ id, code, message }: Frame): void {
    const request = typeof id === 'string' ? this.#open.get(id) : undefined
    if (request === undefined) return
    if (code === 'storage_unavailable') {
      this.heldBack++
      if (this.#givesUp) this.#giveUp(String(id))
      else setTimeout(() => this.#sendOnce(request), AGAIN_AFTER)
    } else this.wrong.push(`${String(id)}: ${String(code)} ${String(message)}`)
  }

  #giveUp(id: string): void {
    this.givenUp.add(id)
    this.#open.delete(id)
    setTimeout(() => this.#sayMore(), NEXT_AFTER)
  }

  #sayMore(): void {
    while (!this.#isQuiet && this.#open.size < this.#inFlight) {
      const id = `${this.#name}:${++this.#number}`
      const room = this.#rooms[this.#number % this.#rooms.length]
      const request = { action: 'chat', room, message: `${id} says hello to everybody`, id }
      this.#open.set(id, request)
      this.times.set(id, { sentAt: performance.now() })
      this.#sendOnce(request)
    }
  }

  #sendOnce(request: Frame): void {
    this.sent++
    this.send(request)
  }
}

/** Reads plainly: every message that it was ever shown, in the order in which it saw them. */
export class Reader extends Stubborn {
  /** By room. */
  readonly seen = new Map<string, string[]>()
  readonly #name: string
  readonly #rooms: readonly string[]
  /** The rooms that it heard something of since it came in last. */
  readonly #hearing = new Set<string>()

  constructor(port: () => number, name: string, rooms: readonly string[]) {
    super(port)
    this.#name = name
    this.#rooms = rooms
    for (const room of rooms) this.seen.set(room, [])
  }

  /** Whether what is said now comes to it, while something is said. */
  get isHearing(): boolean {
    return this.#hearing.size === this.#rooms.length
  }

  protected override lost(): void {
    this.#hearing.clear()
  }

  protected came(): void {
    this.send({ action: 'connect', username: this.#name })
    for (const room of this.#rooms) this.send({ action: 'joinroom', room })
  }

  protected heard({ action, room, message, code }: Frame): void {
    // A daemon that was killed with -9 has the name until the others know that it is gone.
    if (code === 'name_taken') setTimeout(() => this.came(), NAME_AGAIN_AFTER)
    if (action !== 'chat' || typeof message !== 'string') return
    this.#hearing.add(String(room))
    this.seen.get(String(room))?.push(message)
  }
}

function parse(line: string): Frame {
  try {
    return JSON.parse(line) as Frame
  } catch {
    return {}
  }
}
