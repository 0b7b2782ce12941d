import { setImmediate as turn } from 'node:timers/promises'
import { SMALL_ROOM } from '../../protocol/limits.ts'
import { depart, type Places } from '../rooms/departure.ts'
import {
  type AwayRecord,
  type Change,
  type ConnectionRecord,
  type Entered,
  type Frame,
  type FrameOf,
  knownChanges,
} from './frames.ts'
import { MirroredPeer, type Origin } from './mirroredPeer.ts'

/** A roster that has not come by the second beat after it was asked for is asked for again. */
const ASK_AGAIN = 2
/** Connections that come or go in one turn of the event loop, where all of a daemon do. */
const TAKEN_TOGETHER = 100
/** Changes that wait for a roster. Where more come, it is asked for again. */
const MOST_WAITING = 10_000

/** What the mirror of a daemon needs. */
export interface MirrorContext extends Places {
  /** The id of this daemon. */
  readonly self: string
  /** Sends a frame to another daemon. */
  readonly tell: (daemon: string, frame: Frame) => void
  /** A connection of another daemon is under its name now. */
  readonly arrived: (peer: MirroredPeer) => void
  /** Something that it told was not heard. */
  readonly missed: () => void
  /** Told what failed by a bug. */
  readonly onBug: (error: unknown) => void
}

/** Another daemon with the same log: mirrors its connections in the rooms and among the people of this one. */
export class OtherDaemon implements Origin {
  readonly id: string
  label = ''
  addresses: readonly string[] = []
  /** How many beats of this daemon came back since one of that daemon came. */
  missed = 0
  readonly #context: MirrorContext
  readonly #peers = new Map<number, MirroredPeer>()
  /** The newest change that is mirrored. */
  #version = 0
  /** Numbers the rosters that were asked for. */
  #number = 0
  #isAsking = false
  #isTaking = false
  #askedBeats = 0
  #parts: FrameOf<'roster'>[] = []
  #waiting: FrameOf<'changes'>[] = []
  #isGone = false
  #isDoubtful = false

  constructor(id: string, context: MirrorContext) {
    this.id = id
    this.#context = context
    this.#ask()
  }

  /** Its connections. */
  get peers(): Iterable<MirroredPeer> {
    return this.#peers.values()
  }

  /** Whether all that it told is mirrored. */
  get isWhole(): boolean {
    return !this.#isAsking
  }

  tell(frame: Frame): void {
    this.#context.tell(this.id, frame)
  }

  /** A beat: the daemon is there, and has told this version. */
  heardBeat({ label, addresses, version }: FrameOf<'beat'>): void {
    this.missed = 0
    this.label = label
    this.addresses = addresses
    if (this.#isTaking) return
    if (!this.#isAsking) {
      if (version > this.#version || this.#isDoubtful) this.#ask()
    } else if (++this.#askedBeats >= ASK_AGAIN) this.#ask()
  }

  heardChanges(changes: FrameOf<'changes'>): void {
    this.missed = 0
    if (!this.#isAsking) {
      if (changes.version <= this.#version) return
      if (changes.version === this.#version + 1) return this.#apply(changes)
      this.#ask()
    }
    this.#waiting.push(changes)
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
  }

  heardRoster(part: FrameOf<'roster'>): void {
    if (!this.#isAsking || this.#isTaking || part.number !== this.#number) return
    this.#parts[part.part] = part
    const { length } = this.#parts
    const isComplete = this.#parts[length - 1]?.isLast === true && Object.keys(this.#parts).length === length
    if (!isComplete) return
    const parts = this.#parts
    this.#parts = []
    this.#isTaking = true
    this.#take(parts, part.version).catch((error: unknown) => {
      // It is asked for again.
      this.#isTaking = false
      this.#context.onBug(error)
    })
  }

  /** The daemon is gone: its connections leave, and have the usual time to return. */
  async gone(): Promise<void> {
    this.#isGone = true
    for (const [at, peer] of [...this.#peers.values()].entries()) {
      if (at > 0 && at % TAKEN_TOGETHER === 0) await turn()
      this.#leave(peer)
    }
  }

  /** A room (a key) was deleted: a connection may have entered another one of this name before. */
  roomEnded(key: string): void {
    for (const { memberships } of this.#peers.values()) if (memberships.has(key)) this.#isDoubtful = true
  }

  #ask(): void {
    this.#isDoubtful = false
    if (this.#version > 0) this.#context.missed()
    this.#isAsking = true
    this.#askedBeats = 0
    this.#parts = []
    this.tell({ kind: 'ask', daemon: this.#context.self, number: ++this.#number })
  }

  /** Takes a whole roster: what is mirrored already stays as it is, so that nothing is told twice. */
  async #take(parts: readonly FrameOf<'roster'>[], version: number): Promise<void> {
    const records = parts.flatMap(({ connections }) => connections)
    for (const [at, record] of records.entries()) {
      if (at > 0 && at % TAKEN_TOGETHER === 0) await turn()
      if (this.#isGone) return
      this.#takeConnection(record)
    }
    const there = new Set(records.map(({ n }) => n))
    for (const peer of [...this.#peers.values()]) if (!there.has(peer.record.n)) this.#leave(peer)
    for (const away of parts.flatMap(part => part.away)) this.#setAway(away)
    this.#version = version
    this.#isTaking = false
    this.#isAsking = false
    const waiting = this.#waiting.sort((a, b) => a.version - b.version)
    this.#waiting = []
    for (const changes of waiting) this.heardChanges(changes)
  }

  #takeConnection(record: ConnectionRecord): void {
    const peer = this.#peers.get(record.n)
    if (peer === undefined) return this.#arrive(record)
    const { rooms } = this.#context
    const there = new Set(record.rooms.map(({ key }) => key))
    for (const entered of record.rooms) {
      const known = peer.memberships.get(entered.key)
      if (known === undefined || !rooms.isOpen(known.room)) this.#enter(peer, entered)
    }
    for (const key of [...peer.memberships.keys()]) if (!there.has(key)) this.#exit(peer, key)
  }

  #apply({ version, changes }: FrameOf<'changes'>): void {
    this.#version = version
    for (const change of knownChanges(changes)) this.#change(change)
  }

  #change(change: Change): void {
    if (change.what === 'came') return this.#arrive(change.connection)
    if (change.what === 'away') return this.#setAway(change.away)
    // It was sent away from here, and its daemon did not know that yet.
    const peer = this.#peers.get(change.n)
    if (peer === undefined) return
    switch (change.what) {
      case 'went':
        return this.#leave(peer)
      case 'entered':
        return this.#enter(peer, change.room)
      case 'left':
        return this.#exit(peer, change.key)
      case 'typing':
        return this.#typing(peer, change.key, change.on)
    }
  }

  #arrive(record: ConnectionRecord): void {
    if (this.#peers.has(record.n)) return
    const { people, presence, arrived } = this.#context
    const peer = new MirroredPeer(record, this, gone => this.#leave(gone))
    const person = people.arrive(peer, record.name, record.since)
    peer.person = person
    this.#peers.set(record.n, peer)
    presence.cameOnline(person, peer.holder)
    for (const entered of record.rooms) this.#enter(peer, entered)
    arrived(peer)
  }

  #leave(peer: MirroredPeer): void {
    const { person } = peer
    this.#peers.delete(peer.record.n)
    if (person === undefined) return
    depart(this.#context, peer, person)
    peer.memberships.clear()
    peer.person = undefined
  }

  #enter(peer: MirroredPeer, { key, name = key, since }: Entered): void {
    const { person } = peer
    if (person === undefined) return
    peer.memberships.set(key, this.#context.rooms.enter(peer, person, key, name, since))
  }

  #exit(peer: MirroredPeer, key: string): void {
    const member = peer.memberships.get(key)
    const { person } = peer
    if (member === undefined || person === undefined) return
    peer.memberships.delete(key)
    this.#context.rooms.exit(member, person)
  }

  #setAway({ person: key, message, at }: AwayRecord): void {
    const person = this.#context.people.at(key)
    if (person !== undefined) this.#context.presence.setAway(person, message, at)
  }

  #typing({ person, memberships }: MirroredPeer, key: string, on: boolean): void {
    const room = memberships.get(key)?.room
    if (room === undefined || person === undefined || room.people.size > SMALL_ROOM) return
    this.#context.rooms.signal(room, { action: 'typing', room: room.name, from: person.name, on }, person)
  }
}
