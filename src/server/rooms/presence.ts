import type { Signal } from '../../protocol/responses.ts'
import { Line } from '../transport/line.ts'
import type { Person } from './people.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'

/** Tells people who share a room or a conversation with somebody that it came, went, or is away. */
export class Presence {
  readonly #rooms: Rooms
  readonly #leftAfter: number
  /** Who went and may return before anybody is told, by folded name. */
  readonly #going = new Map<string, NodeJS.Timeout>()

  /** @param leftAfter how long `offline` waits for a return, as `left` does, ms */
  constructor(rooms: Rooms, leftAfter: number) {
    this.#rooms = rooms
    this.#leftAfter = leftAfter
  }

  /** Somebody connected. Rooms tell of it by `joined`, so only conversations have to hear it here. */
  cameOnline(person: Person): void {
    const going = this.#going.get(person.key)
    if (going !== undefined) {
      clearTimeout(going)
      this.#going.delete(person.key)
    } else if (person.sessions.size === 1) this.#tell(person, 'online', [])
  }

  /** Somebody's last connection went; `rooms` are those that it was in. */
  wentOffline(person: Person, rooms: readonly Room[]): void {
    const timer = setTimeout(() => {
      this.#going.delete(person.key)
      // Not before: nobody was told that who returns at once had gone, and is away no longer.
      person.away = undefined
      this.#tell(person, 'offline', rooms)
    }, this.#leftAfter)
    this.#going.set(person.key, timer)
  }

  /** Somebody is away, or back where `message` is undefined. */
  setAway(person: Person, message: string | undefined): void {
    if (person.away === message) return
    person.away = message
    const rooms = [...person.sessions].flatMap(session =>
      [...session.members.values()].map(({ room }) => room),
    )
    this.#tell(person, message === undefined ? 'online' : 'away', rooms)
  }

  /** Stops all timers. */
  close(): void {
    for (const timer of this.#going.values()) clearTimeout(timer)
  }

  #tell(person: Person, state: Signal<'presence'>['state'], rooms: Iterable<Room>): void {
    const frame: Signal<'presence'> = { action: 'presence', from: person.name, state }
    if (state === 'away' && person.away !== undefined) frame.message = person.away
    const line = Line.of(frame)
    for (const session of this.#rooms.neighbours(person, new Set(rooms))) session.send(line)
  }
}
