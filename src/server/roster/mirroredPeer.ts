import type { DisconnectReason } from '../counters.ts'
import type { TokenScope } from '../log/accounts.ts'
import type { Person } from '../rooms/people.ts'
import { holderOf, type Member, type Peer } from '../rooms/room.ts'
import type { Line } from '../transport/line.ts'
import type { ConnectionRecord, Frame } from './frames.ts'

/** The scope of a token is the affair of its own daemon: here nothing is in it. */
const SOME_TOKEN: TokenScope = { may: 'read', rooms: [] }

/** Where a {@link MirroredPeer} is connected. */
export interface Origin {
  readonly id: string
  /** What an operator calls it. */
  readonly label: string
  /** Sends it a frame. */
  tell(frame: Frame): void
}

/** A connection of another daemon, as rooms and people know it here. What it is told goes to that daemon. */
export class MirroredPeer implements Peer {
  readonly isBehind = false
  readonly floor = 0
  readonly secretNumber = undefined
  readonly memberships = new Map<string, Member>()
  readonly record: ConnectionRecord
  readonly origin: Origin
  /** Undefined once it has left. */
  person: Person | undefined
  readonly #leave: (peer: MirroredPeer) => void

  /** @param leave takes it out of its rooms and away from its name */
  constructor(record: ConnectionRecord, origin: Origin, leave: (peer: MirroredPeer) => void) {
    this.record = record
    this.origin = origin
    this.#leave = leave
  }

  get daemon(): string {
    return this.origin.id
  }

  get isPlain(): boolean {
    return this.record.isPlain
  }

  get personKey(): string | undefined {
    return this.person?.key
  }

  get sessionNumber(): number | undefined {
    return this.record.session
  }

  get address(): string {
    return this.record.address
  }

  get holder(): string {
    return holderOf(this.record.session, this.record.address)
  }

  get scope(): TokenScope | undefined {
    return this.record.isToken ? SOME_TOKEN : undefined
  }

  send(line: Line): void {
    this.origin.tell({ kind: 'line', n: this.record.n, text: line.bytes.toString() })
  }

  sendSoon(line: Line): void {
    this.send(line)
  }

  sendAway(_: Line, reason: DisconnectReason): void {
    this.dismiss(reason, 'the server ended this connection')
  }

  dismiss(reason: DisconnectReason, message: string, retryAfter?: number): void {
    this.#end(false, reason, message, retryAfter)
  }

  oust(reason: DisconnectReason, message: string, retryAfter?: number): void {
    this.#end(true, reason, message, retryAfter)
    this.#leave(this)
  }

  doubt(): void {
    this.origin.tell({ kind: 'doubt', n: this.record.n })
  }

  #end(isOusted: boolean, reason: DisconnectReason, message: string, retryAfter: number | undefined): void {
    const wait = retryAfter === undefined ? {} : { retryAfter }
    this.origin.tell({ kind: 'end', n: this.record.n, isOusted, reason, message, ...wait })
  }
}
