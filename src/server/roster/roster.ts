import { setTimeout as wait } from 'node:timers/promises'
import { inTime } from '../inTime.ts'
import type { Bus } from '../log/bus.ts'
import type { Places } from '../rooms/departure.ts'
import type { Person } from '../rooms/people.ts'
import type { Member } from '../rooms/room.ts'
import { Line } from '../transport/line.ts'
import { changesPrefix, decode, encode, type Frame, type FrameOf } from './frames.ts'
import type { MirroredPeer } from './mirroredPeer.ts'
import { Names } from './names.ts'
import { OtherDaemon } from './otherDaemon.ts'
import { type OwnConnection, OwnConnections } from './ownConnections.ts'

/** How often a daemon says that it is there, ms. */
const BEAT_EVERY = 2_000
/** A daemon is gone when so many beats of this one came back, and none of that one came: after ten seconds. */
const GONE_AFTER = 5
/** Before that, another broker is tried: this one may be cut off from the others. */
const LEAVE_BROKER_AFTER = 3
/** Daemons of which it is remembered that they are gone. */
const GONE_KEPT = 1_000
/** How long a beginning waits for the rosters of the others, ms; no other may be there. */
const BEGIN_WITHIN = 2_000
const QUIET_FOR = 200
const LOOK_EVERY = 20
/** How long a close waits for the names that are given back, ms. */
const NAMES_WITHIN = 1_000

/** What a {@link Roster} needs. */
export interface RosterContext extends Places {
  readonly bus: Bus
  /** Another one after each start. */
  readonly id: string
  /** The one of the last start, where it is known that this one took its place. */
  readonly last?: string | undefined
  /** What an operator calls this daemon. */
  readonly label: () => string
  /** Where clients reach this daemon. */
  readonly addresses: () => readonly string[]
  /** A connection of another daemon is under its name now. */
  readonly arrived: (peer: MirroredPeer) => void
  /** Something that others told was not heard. */
  readonly missed: () => void
  /** Connections of this daemon may have lost their machines: see `Peer.doubt`. */
  readonly doubted: () => void
  /** Told what a frame did by a bug. */
  readonly onBug: (error: unknown) => void
  /** How often it says that it is there, ms; by default every two seconds. All daemons have the same. */
  readonly beatEvery?: number | undefined
}

/** How many full connections were told something, and how many plain ones cannot be. */
export interface Told {
  readonly told: number
  readonly plain: number
}

/**
 * Who is connected at all daemons of a shared log. Each daemon tells the others of its own connections, and mirrors those of the
 * others in its rooms.
 */
export class Roster {
  readonly names: Names
  readonly id: string
  readonly #ownChanges: string
  readonly #context: RosterContext
  readonly #beatEvery: number
  readonly #own: OwnConnections
  readonly #others = new Map<string, OtherDaemon>()
  readonly #gone = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  /** Beats that came back since a broker is connected. */
  #beats = 0
  #countedAt = Number.NEGATIVE_INFINITY
  #isLeaving = false

  constructor(context: RosterContext) {
    this.#context = context
    const { bus, id, beatEvery = BEAT_EVERY } = context
    this.id = id
    this.#ownChanges = changesPrefix(id)
    this.#beatEvery = beatEvery
    this.#own = new OwnConnections(this.id, text => this.#tellAll(text))
    this.names = new Names({
      self: this.id,
      keys: bus.keys,
      isUp: () => bus.isUp,
      mayLive: daemon => this.#mayLive(daemon),
      has: (daemon, person) =>
        [...(context.people.at(person)?.elsewhere ?? [])].some(peer => peer.daemon === daemon),
    })
  }

  /** Begins to tell and to hear; resolves when what the others tell is mirrored. */
  async begin(): Promise<void> {
    const { bus, last } = this.#context
    bus.listen(this.id, {
      heard: text => this.#heardText(text),
      returned: () => this.#returned(),
    })
    if (last !== undefined) this.#tellAll(encode({ kind: 'gone', daemon: last }))
    this.#beat(true)
    this.#timer = setInterval(() => this.#beat(false), this.#beatEvery)
    void this.#lookAfterNames()
    const begun = performance.now()
    const isReady = (): boolean =>
      performance.now() - begun > QUIET_FOR && [...this.#others.values()].every(({ isWhole }) => isWhole)
    while (!isReady() && performance.now() - begun < BEGIN_WITHIN) await wait(LOOK_EVERY)
  }

  /** A connection has its name now. */
  came(connection: OwnConnection): void {
    this.#own.came(connection)
  }

  /** It has left its rooms and its name. */
  went(connection: OwnConnection): void {
    this.#own.went(connection)
  }

  entered(connection: OwnConnection, member: Member): void {
    this.#own.entered(connection, member)
  }

  left(connection: OwnConnection, key: string): void {
    this.#own.left(connection, key)
  }

  /** A room was deleted: see `Rooms.end`. */
  roomEnded(key: string): void {
    for (const other of this.#others.values()) other.roomEnded(key)
  }

  /** A person of this daemon said that it is away, or back. */
  away(person: Person): void {
    this.#own.away(person)
  }

  typing(connection: OwnConnection, key: string, on: boolean): void {
    this.#own.typing(connection, key, on)
  }

  /** The connections of the other daemons. */
  *elsewhere(): Iterable<MirroredPeer> {
    for (const { peers } of this.#others.values()) yield* peers
  }

  /** Where clients reach the other daemons that are there. */
  otherAddresses(): readonly string[] {
    return [...new Set([...this.#others.values()].flatMap(({ addresses }) => addresses))]
  }

  /** Has the other daemons send a notice to their full connections, or to those in a room (a key). */
  announce(message: string, key?: string): Told {
    this.#tellAll(encode({ kind: 'notice', daemon: this.id, message, ...(key === undefined ? {} : { key }) }))
    const meant = [...this.elsewhere()].filter(({ memberships }) => key === undefined || memberships.has(key))
    const plain = meant.filter(({ isPlain }) => isPlain).length
    return { told: meant.length - plain, plain }
  }

  /** Tells the others that this daemon is gone: its people can come back through them. */
  stop(): void {
    if (this.#isLeaving) return
    this.#own.flush()
    this.#tellAll(encode({ kind: 'gone', daemon: this.id }))
    this.#isLeaving = true
    clearInterval(this.#timer)
  }

  async close(): Promise<void> {
    this.stop()
    const { bus } = this.#context
    if (bus.isUp) await inTime(this.names.settled(), NAMES_WITHIN)
    await bus.close()
  }

  #beat(isNew: boolean): void {
    const { label, addresses } = this.#context
    this.#own.flush()
    const { version } = this.#own
    this.#tellAll(
      encode({
        kind: 'beat',
        daemon: this.id,
        label: label(),
        addresses: [...addresses()],
        version,
        sent: performance.now(),
        isNew,
      }),
    )
    if (this.#context.bus.isUp) void this.#lookAfterNames()
  }

  #tellAll(text: string): void {
    if (!this.#isLeaving) this.#context.bus.tellAll(text)
  }

  #tell(daemon: string, frame: Frame): void {
    if (!this.#isLeaving) this.#context.bus.tell(daemon, encode(frame))
  }

  /** Nothing that was sent meanwhile arrived, and no beat counts: the next beats show what is missing. */
  #returned(): void {
    this.#beats = 0
    this.#context.missed()
    this.#beat(true)
  }

  async #lookAfterNames(): Promise<void> {
    try {
      await this.names.sweep(await this.#context.bus.keys.check())
    } catch {
      // The brokers do not answer: the next beat tries again.
    }
  }

  #mayLive(daemon: string): boolean {
    if (daemon === this.id || this.#others.has(daemon)) return true
    return !this.#gone.has(daemon) && this.#beats < GONE_AFTER
  }

  #heardText(text: string): void {
    // Its own come back too, and are much of the work where many come at once.
    if (text.startsWith(this.#ownChanges)) return
    const frame = decode(text)
    if (frame === undefined || this.#isLeaving) return
    try {
      this.#heard(frame)
    } catch (error) {
      this.#context.onBug(error)
    }
  }

  #heard(frame: Frame): void {
    switch (frame.kind) {
      case 'beat':
        return frame.daemon === this.id ? this.#heardOwnBeat(frame) : this.#heardBeat(frame)
      case 'changes':
        return this.#other(frame.daemon).heardChanges(frame)
      case 'gone':
        return this.#lost(frame.daemon)
      case 'ask':
        return void this.#own
          .roster(frame.number, part => this.#context.bus.tell(frame.daemon, part))
          .catch(this.#context.onBug)
      case 'roster':
        return this.#others.get(frame.daemon)?.heardRoster(frame)
      case 'notice':
        return frame.daemon === this.id ? undefined : this.#notice(frame)
      default:
        return this.#order(frame)
    }
  }

  #heardBeat(beat: FrameOf<'beat'>): void {
    this.#other(beat.daemon).heardBeat(beat)
    if (beat.isNew) this.#beat(false)
  }

  /**
   * Beats of this daemon that come back are the clock for the others: where none comes back, it is this daemon that is cut off,
   * and what it knows stays.
   */
  #heardOwnBeat({ sent }: FrameOf<'beat'>): void {
    const now = performance.now()
    // Late ones come together after a break, and a new daemon is answered by one more.
    if (now - sent > this.#beatEvery || sent - this.#countedAt < this.#beatEvery / 2) return
    this.#countedAt = sent
    this.#beats++
    for (const other of [...this.#others.values()]) {
      other.missed++
      if (other.missed === LEAVE_BROKER_AFTER) this.#context.bus.leaveBroker()
      if (other.missed >= GONE_AFTER) this.#lost(other.id)
    }
  }

  #other(id: string): OtherDaemon {
    const known = this.#others.get(id)
    if (known !== undefined) return known
    this.#gone.delete(id)
    const other = new OtherDaemon(id, {
      ...this.#context,
      self: this.id,
      tell: (daemon, frame) => this.#tell(daemon, frame),
    })
    this.#others.set(id, other)
    return other
  }

  #lost(id: string): void {
    this.#gone.add(id)
    const oldest = this.#gone.values().next()
    if (this.#gone.size > GONE_KEPT && !oldest.done) this.#gone.delete(oldest.value)
    const other = this.#others.get(id)
    this.#others.delete(id)
    void other?.gone().catch(this.#context.onBug)
  }

  #notice({ message, key }: FrameOf<'notice'>): void {
    const line = Line.of({ action: 'notice', message })
    for (const connection of this.#own.all())
      if (!connection.isPlain && (key === undefined || connection.memberships.has(key))) connection.send(line)
  }

  /** Another daemon asks something of a connection of this one, which may be gone by now. */
  #order(order: FrameOf<'end' | 'doubt' | 'line'>): void {
    const connection = this.#own.find(order.n)
    if (connection === undefined) return
    switch (order.kind) {
      case 'line':
        return connection.send(new Line(order.text))
      case 'doubt':
        connection.doubt()
        return this.#context.doubted()
      case 'end': {
        const { isOusted, reason, message, retryAfter } = order
        return isOusted
          ? connection.oust(reason, message, retryAfter)
          : connection.dismiss(reason, message, retryAfter)
      }
    }
  }
}
