import type { DisconnectReason } from '../counters.ts'
import type { TokenScope } from '../log/accounts.ts'
import { RecentRate } from '../recentRate.ts'
import type { Line } from '../transport/line.ts'
import { SortedNames } from './sortedNames.ts'

/** All that rooms, people and presence know of a connection. */
export interface Peer {
  /**
   * The daemon that has it; undefined: this one. What rooms tell their members goes to the connections of this daemon alone, as
   * each daemon tells its own.
   */
  readonly daemon: string | undefined
  /** True for a connection that speaks only the four plain actions. */
  readonly isPlain: boolean
  /** Whether much output is left over from earlier ticks; see {@link Room.isCongested}. */
  readonly isBehind: boolean
  /** The folded name of its person. */
  readonly personKey: string | undefined
  /** The number of its session; a plain connection has none. */
  readonly sessionNumber: number | undefined
  /** Where it comes from, as limits count it. */
  readonly address: string
  /** What the server tells the holders of a name apart by: the session, or the address of a plain client. */
  readonly holder: string
  /** It sees nothing of direct conversations up to this position. */
  readonly floor: number
  /** The number of the device or the token that it came in by. */
  readonly secretNumber: number | undefined
  /** Of a connection that came in by a token. */
  readonly scope: TokenScope | undefined
  /** By room key. */
  readonly memberships: ReadonlyMap<string, Member>
  /** Owes it a line. */
  send(line: Line): void
  /**
   * Owes it a line that may wait a moment for others, such as who came: when many come at once, each member gets many such lines in
   * one write.
   */
  sendSoon(line: Line): void
  /** Closes it, after the line where it is a full one. */
  sendAway(bye: Line, reason: DisconnectReason): void
  /** Closes it and says why: a full one by `bye`, a plain one by an error. */
  dismiss(reason: DisconnectReason, message: string, retryAfter?: number): void
  /** Likewise, and it has left its rooms and its name when this returns. */
  oust(reason: DisconnectReason, message: string, retryAfter?: number): void
  /** Another connection may be in its place: finds out soon whether its machine is still there. */
  doubt(): void
}

/** A live connection in a room. */
export interface Member {
  readonly peer: Peer
  readonly room: Room
  /** What frames to it call the room: the name by which it joined, which is nearly always that of {@link Room}. */
  readonly name: string
  /** The last event that it was sent, while it is fed from the log; see {@link Room.goLive}. */
  cursor: number
  /** Its index among the live members of its kind; -1 while it is fed from the log. */
  index: number
}

/** A person who left a room and may return. */
export interface Leaving {
  readonly timer: NodeJS.Timeout
  /** See {@link Peer.holder}. */
  readonly holder: string
}

/** A person in a room, by one or more connections. */
export interface Attendance {
  readonly name: string
  /** When the person came, ms since 1970. */
  readonly since: number
  connections: number
}

/** What the server tells the holders of a name apart by; see {@link Peer.holder}. */
export function holderOf(sessionNumber: number | undefined, address: string): string {
  return sessionNumber === undefined ? `plain ${address}` : `session ${sessionNumber}`
}

/** One room while it has members: their connections, and the last event that they were handed. The log has the events. */
export class Room {
  readonly key: string
  /** What frames call it, also after it was renamed. */
  readonly name: string
  /** The seq of the last event handed to live members. */
  last: number
  readonly members = new Map<Peer, Member>()
  /** Members that are connected to other daemons. They are never live, and are handed nothing. */
  readonly elsewhere = new Map<Peer, Member>()
  /** By folded name. Changed together with {@link names}. */
  readonly people = new Map<string, Attendance>()
  /** The names of {@link people}, in their order. */
  readonly names = new SortedNames()
  /** Live members that get full frames, and those that get plain ones; arrays, since every message walks them. */
  readonly full: Member[] = []
  readonly plain: Member[] = []
  /** Live members of both kinds that joined by another name, which their frames have: a room that was renamed. */
  readonly byOtherName: Member[] = []
  /** People who left and may return before the others are told, by folded name. */
  readonly leaving = new Map<string, Leaving>()
  /** Its events. */
  readonly rate = new RecentRate()
  /** How many members are behind. */
  behind = 0
  /** True where the number of people changed since a big room was told of it. */
  peopleChanged = false

  constructor(key: string, name: string, last: number) {
    this.key = key
    this.name = name
    this.last = last
  }

  /** More than half of the members cannot keep up: senders are to be read later. */
  get isCongested(): boolean {
    return this.behind * 2 > this.members.size
  }

  /** Puts a member whose cursor has reached {@link last} among those that are handed events as they come. */
  goLive(member: Member): void {
    const live = this.#liveLike(member)
    member.index = live.push(member) - 1
  }

  /** The members that are connected where a connection is. */
  membersBeside({ daemon }: Peer): Map<Peer, Member> {
    return daemon === undefined ? this.members : this.elsewhere
  }

  /** Takes a member out of the live ones, if it is there. */
  stopLive(member: Member): void {
    if (member.index === -1) return
    const live = this.#liveLike(member)
    const moved = live.pop()
    if (moved !== undefined && moved !== member) {
      live[member.index] = moved
      moved.index = member.index
    }
    member.index = -1
  }

  #liveLike(member: Member): Member[] {
    if (member.name !== this.name) return this.byOtherName
    return member.peer.isPlain ? this.plain : this.full
  }
}
