import type { Signal } from '../../protocol/responses.ts'
import { Line } from '../transport/line.ts'
import { connectionsOf, type People, type Person } from './people.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'

interface Going {
  readonly timer: NodeJS.Timeout
  readonly rooms: readonly Room[]
  /** See `Peer.holder`. */
  readonly holder: string
}

/** Tells people who share a room or a direct conversation with a person that this person came, went, or is away. */
export class Presence {
  readonly #rooms: Rooms
  readonly #people: People
  readonly #leftAfter: number
  /** People who went and may return before `offline` is announced, by folded name. */
  readonly #going = new Map<string, Going>()

  /** @param leftAfter how long `offline` waits for a return, as `left` does, ms */
  constructor(rooms: Rooms, people: People, leftAfter: number) {
    this.#rooms = rooms
    this.#people = people
    this.#leftAfter = leftAfter
  }

  /** A connection of a person came. Rooms announce it by `joined`, so only direct conversations hear it from here. */
  cameOnline(person: Person, holder: string): void {
    const going = this.#going.get(person.key)
    if (going !== undefined) {
      clearTimeout(going.timer)
      this.#going.delete(person.key)
      if (going.holder === holder) return
      person.away = undefined
      this.#tell(person, 'offline', going.rooms)
    } else if (connectionsOf(person) > 1) return
    this.#tell(person, 'online', [])
  }

  /** A person's last connection went; `rooms` are the rooms that it was in. */
  wentOffline(person: Person, rooms: readonly Room[], holder: string): void {
    const timer = setTimeout(() => {
      this.#going.delete(person.key)
      // Cleared only when `offline` is announced: a quick reconnect keeps its away message.
      person.away = undefined
      this.#tell(person, 'offline', rooms)
      this.#people.gone(person)
    }, this.#leftAfter)
    this.#going.set(person.key, { timer, rooms, holder })
  }

  /**
   * A person is away, or back where `message` is undefined.
   * @param at when that was said, ms since 1970: by default now, or after what was said by a clock that goes ahead
   */
  setAway(person: Person, message: string | undefined, at = Math.max(Date.now(), person.awayAt + 1)): void {
    if (at < person.awayAt) return
    person.awayAt = at
    if (person.away === message) return
    person.away = message
    const rooms = [...person.peers, ...person.elsewhere].flatMap(peer =>
      [...peer.memberships.values()].map(({ room }) => room),
    )
    this.#tell(person, message === undefined ? 'online' : 'away', rooms)
  }

  /** Stops all timers. */
  close(): void {
    for (const { timer } of this.#going.values()) clearTimeout(timer)
  }

  #tell(person: Person, state: Signal<'presence'>['state'], rooms: Iterable<Room>): void {
    const frame: Signal<'presence'> = { action: 'presence', from: person.name, state }
    if (state === 'away' && person.away !== undefined) frame.message = person.away
    const line = Line.of(frame)
    for (const peer of this.#rooms.neighbours(person, new Set(rooms))) peer.sendSoon(line)
  }
}
