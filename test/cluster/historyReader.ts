import { type Frame, Stubborn } from '../crash/people.ts'
import type { HistoryRead } from './checker.ts'

/** Between an answer and the next question, ms. */
const NEXT_AFTER = 20
const PAGE = 20

/** A daemon that is asked. */
interface Asked {
  readonly port: number
}

/** How a reader goes. */
export interface ReaderWay {
  /** The daemon that it begins with. */
  readonly at: number
  /** It goes to the next daemon by itself after so long, ms; by default only where its connection is lost. */
  readonly moveAfter?: number
}

/** Asks for the newest page of its rooms without end, and goes to the next daemon when its connection is lost, as clients do. */
export class HistoryReader extends Stubborn {
  readonly reads: HistoryRead[] = []
  answers = 0
  /** What it was refused. */
  readonly wrong: string[] = []
  readonly #name: string
  readonly #rooms: readonly string[]
  readonly #daemons: number
  readonly #way: ReaderWay
  readonly #at: { now: number }
  readonly #held = new Map<string, { readonly epoch: unknown; readonly since: number }>()
  #session: unknown
  #joined = 0
  #asked = 0
  #askedAt = 0
  #moving: NodeJS.Timeout | undefined

  constructor(daemons: readonly Asked[], name: string, rooms: readonly string[], way: ReaderWay) {
    const at = { now: way.at }
    super(() => daemons[at.now % daemons.length]?.port ?? 0)
    this.#at = at
    this.#daemons = daemons.length
    this.#name = name
    this.#rooms = rooms
    this.#way = way
  }

  override end(): void {
    clearTimeout(this.#moving)
    super.end()
  }

  protected override came(): void {
    const session = this.#session === undefined ? {} : { session: this.#session }
    this.send({ action: 'connect', username: this.#name, protocol: 1, ...session })
    const { moveAfter } = this.#way
    if (moveAfter !== undefined) this.#moving = setTimeout(() => this.leave(), moveAfter)
  }

  protected override lost(): void {
    clearTimeout(this.#moving)
    // What was asked there is not answered here.
    this.#asked++
    this.#at.now++
  }

  protected override heard(frame: Frame): void {
    const { action, id } = frame
    if (action === 'welcome') this.#join(frame)
    else if (action === 'error') this.#refused(frame)
    else if (action !== 'ok' || typeof id !== 'string') return
    else if (id.startsWith('join')) this.#hasJoined(frame)
    else this.#answered(id, frame)
  }

  get #daemon(): string {
    return `daemon${this.#at.now % this.#daemons}`
  }

  #join({ session }: Frame): void {
    this.#session = session
    this.#joined = 0
    for (const room of this.#rooms)
      this.send({ action: 'joinroom', room, id: `join:${room}`, ...this.#held.get(room) })
  }

  #hasJoined({ room, epoch }: Frame): void {
    const key = String(room)
    this.#held.set(key, { epoch, since: this.#held.get(key)?.since ?? 0 })
    if (++this.#joined === this.#rooms.length) this.#ask()
  }

  #refused({ code, message }: Frame): void {
    // A daemon that is behind sends it away; one whose senders wait has nothing to do with reading.
    if (code === 'storage_unavailable' || code === 'shutting_down') this.leave()
    else this.wrong.push(`${this.#name} was refused: ${String(code)} ${String(message)}`)
  }

  #ask(): void {
    const room = this.#rooms[++this.#asked % this.#rooms.length] ?? ''
    this.#askedAt = performance.now()
    this.send({ action: 'history', room, limit: PAGE, id: `page:${this.#asked}:${room}` })
  }

  #answered(id: string, { events }: Frame): void {
    const [, number, room = ''] = id.split(':')
    if (Number(number) !== this.#asked) return
    this.answers++
    const newest = Array.isArray(events) ? Number((events as readonly Frame[]).at(-1)?.['seq'] ?? 0) : 0
    this.reads.push({
      reader: this.#name,
      daemon: this.#daemon,
      room,
      newest,
      askedAt: this.#askedAt,
    })
    const held = this.#held.get(room)
    if (held !== undefined && newest > held.since) this.#held.set(room, { ...held, since: newest })
    const asked = this.#asked
    setTimeout(() => {
      if (asked === this.#asked) this.#ask()
    }, NEXT_AFTER)
  }
}
