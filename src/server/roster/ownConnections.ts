import { setImmediate as turn } from 'node:timers/promises'
import { directNames } from '../log/roomKeys.ts'
import type { Person } from '../rooms/people.ts'
import type { Member, Peer } from '../rooms/room.ts'
import {
  type AwayRecord,
  type Change,
  type ConnectionRecord,
  type Entered,
  encode,
  encodeChanges,
  type FrameOf,
} from './frames.ts'

/** Changes that go in one frame, and about the bytes of one part of a roster: brokers take 1 MiB. */
const CHANGES_TOGETHER = 500
const PART_BYTES = 256 * 1024

/** A connection of this daemon, as far as the others are told of it. */
export interface OwnConnection extends Peer {
  readonly connection: { readonly number: number; readonly isEncrypted: boolean }
  readonly person: Person | undefined
  /** The name of its person, also after it has left. */
  readonly shownName: string | undefined
  /** Name and version of the program, as it calls itself. */
  readonly clientName: string | undefined
}

/** The connections of this daemon, and what changes there: told to the other daemons in versions, or as a whole. */
export class OwnConnections {
  readonly #daemon: string
  readonly #tellAll: (text: string) => void
  /** With what is told of each when it comes. */
  readonly #connections = new Map<number, { readonly of: OwnConnection; readonly record: ConnectionRecord }>()
  #pending: Change[] = []
  #scheduled: NodeJS.Immediate | undefined
  #version = 0

  /** @param tellAll sends a text to all daemons */
  constructor(daemon: string, tellAll: (text: string) => void) {
    this.#daemon = daemon
    this.#tellAll = tellAll
  }

  /** The newest change that was told. */
  get version(): number {
    return this.#version
  }

  find(n: number): OwnConnection | undefined {
    return this.#connections.get(n)?.of
  }

  all(): Iterable<OwnConnection> {
    return [...this.#connections.values()].map(({ of }) => of)
  }

  came(connection: OwnConnection): void {
    const { number: n, isEncrypted } = connection.connection
    const { shownName, sessionNumber, address, isPlain, scope, clientName } = connection
    const record: ConnectionRecord = {
      n,
      name: shownName ?? '',
      ...(sessionNumber === undefined ? {} : { session: sessionNumber }),
      address,
      isPlain,
      isToken: scope !== undefined,
      isEncrypted,
      ...(clientName === undefined ? {} : { client: clientName }),
      since: Date.now(),
      rooms: [],
    }
    this.#connections.set(n, { of: connection, record })
    this.#tell({ what: 'came', connection: record })
  }

  went({ connection: { number: n } }: OwnConnection): void {
    if (this.#connections.delete(n)) this.#tell({ what: 'went', n })
  }

  /** It entered a room. Direct conversations are the affair of the two people. */
  entered({ connection: { number: n }, person }: OwnConnection, member: Member): void {
    if (person !== undefined && directNames(member.room.key) === undefined)
      this.#tell({ what: 'entered', n, room: enteredOf(member, person) })
  }

  left({ connection: { number: n } }: OwnConnection, key: string): void {
    if (directNames(key) === undefined) this.#tell({ what: 'left', n, key })
  }

  away(person: Person): void {
    this.#tell({ what: 'away', away: awayOf(person) })
  }

  typing({ connection: { number: n } }: OwnConnection, key: string, on: boolean): void {
    this.#tell({ what: 'typing', n, key, on })
  }

  /** Tells now what changed in this tick. */
  flush(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    const pending = this.#pending
    this.#pending = []
    for (let at = 0; at < pending.length; at += CHANGES_TOGETHER) {
      const changes = pending.slice(at, at + CHANGES_TOGETHER)
      this.#tellAll(encodeChanges(this.#daemon, ++this.#version, changes))
    }
  }

  /** Gives the whole roster as it is now, part by part. */
  async roster(number: number, give: (text: string) => void): Promise<void> {
    this.flush()
    const version = this.#version
    // What is told is of one moment; the parts are encoded in turns with other work.
    const records = [...this.#connections.values()].map(({ of, record }) => ({
      ...record,
      rooms: roomsOf(of),
    }))
    const away = this.#awayPeople()
    let connections: ConnectionRecord[] = []
    let bytes = 0
    let part = 0
    const giveThem = (isLast: boolean): void => {
      const frame: FrameOf<'roster'> = {
        kind: 'roster',
        daemon: this.#daemon,
        number,
        part: part++,
        isLast,
        version,
        connections,
        away: isLast ? away : [],
      }
      give(encode(frame))
      connections = []
      bytes = 0
    }
    for (const record of records) {
      connections.push(record)
      bytes += sizeOf(record)
      if (bytes < PART_BYTES) continue
      giveThem(false)
      await turn()
    }
    giveThem(true)
  }

  #awayPeople(): AwayRecord[] {
    const people = new Set([...this.#connections.values()].flatMap(({ of }) => of.person ?? []))
    return [...people].filter(({ awayAt }) => awayAt > 0).map(awayOf)
  }

  #tell(change: Change): void {
    this.#pending.push(change)
    this.#scheduled ??= setImmediate(() => this.flush())
  }
}

function roomsOf({ memberships, person }: OwnConnection): Entered[] {
  if (person === undefined) return []
  return [...memberships.values()].flatMap(member =>
    directNames(member.room.key) === undefined ? [enteredOf(member, person)] : [],
  )
}

function enteredOf({ room }: Member, { key: person }: Person): Entered {
  const { key, name, people } = room
  const since = people.get(person)?.since ?? Date.now()
  return { key, since, ...(name === key ? {} : { name }) }
}

function awayOf({ key, away, awayAt }: Person): AwayRecord {
  return { person: key, ...(away === undefined ? {} : { message: away }), at: awayAt }
}

/** About the bytes of a record: a letter takes three at most. */
function sizeOf({ name, client = '', rooms }: ConnectionRecord): number {
  const texts = rooms.reduce((sum, { key, name: spelled = '' }) => sum + key.length + spelled.length + 32, 0)
  return 256 + 3 * (name.length + client.length + texts)
}
