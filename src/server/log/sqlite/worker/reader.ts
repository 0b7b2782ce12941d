import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LoggedEvent, Missed, MissedBounds, NewestRoom, Page, Range, Unread } from '../../log.ts'
import { integer, optionalInteger, type Row, text } from '../columns.ts'
import { NOT_ENDING } from '../endingRooms.ts'
import type { MentionSearch, ReaderMethods } from '../messages.ts'
import { NEWEST_IN_ROOM, seqsOfRoom } from '../roomSeqs.ts'
import type { RoomTail } from './roomTail.ts'
import { FRAME_BYTES, Rows, rowBytes, SELECT_EVENTS } from './rows.ts'

/** Events after a read position that are looked at for a count: one's own messages and edits do not count. */
const MAX_COUNTED = 4_096
const BEYOND = Number.MAX_SAFE_INTEGER

/** Reads pages and counts. Belongs to a reading connection. */
export class Reader
  implements Pick<ReaderMethods, 'read' | 'missed' | 'unread' | 'mentionSeqs' | 'messages' | 'newestRooms'>
{
  readonly #rows: Rows
  readonly #tail: RoomTail
  readonly #room: StatementSync
  readonly #upTo: StatementSync
  readonly #after: StatementSync
  readonly #missed: StatementSync
  readonly #unread: StatementSync
  readonly #mentions: StatementSync
  readonly #person: StatementSync
  readonly #mentionHeads: StatementSync
  readonly #mentionsIn: StatementSync
  readonly #one: StatementSync
  readonly #newest: StatementSync
  readonly #newestDirects: StatementSync

  /** @param tail the one of this connection */
  constructor(database: DatabaseSync, tail: RoomTail) {
    this.#rows = new Rows(database)
    this.#tail = tail
    this.#room = database.prepare(`SELECT number, ${NEWEST_IN_ROOM} AS last FROM rooms WHERE key = ?`)
    this.#upTo = database.prepare(seqsOfRoom('DESC'))
    this.#after = database.prepare(seqsOfRoom('ASC'))
    // The seqs of the room stand first in these joins, so that their rows come in their order, and no more than are asked for.
    this.#missed = database.prepare(
      `SELECT count(*) AS events, coalesce(sum(${FRAME_BYTES} + coalesce(octet_length(text), 0)), 0) AS bytes
      FROM (${seqsOfRoom('ASC')} LIMIT ?4 + 0) AS of_room CROSS JOIN events ON events.seq = of_room.seq`,
    )
    // A deleted message has no text. That a text is there stands before it in its row: a long one is not read for that.
    this.#unread = database.prepare(
      `SELECT count(*) AS unread, max(seq) AS last FROM (
        SELECT events.seq FROM (${seqsOfRoom('ASC')} LIMIT ${MAX_COUNTED}) AS of_room
          CROSS JOIN events ON events.seq = of_room.seq
        WHERE action = 'chat' AND typeof(text) <> 'null' AND author IS NOT (SELECT number FROM names WHERE key = ?4) LIMIT ?5 + 0
      )`,
    )
    this.#person = database.prepare('SELECT number FROM names WHERE key = ?')
    // The newest of each room, so that only rooms that are in the answer are read.
    this.#mentionHeads = database.prepare(
      `SELECT number AS room, (SELECT max(seq) FROM mentions WHERE person = ? AND room = number AND seq < ?) AS newest
      FROM json_each(?) JOIN rooms ON rooms.key = json_each.value WHERE newest IS NOT NULL ORDER BY newest DESC`,
    )
    this.#mentionsIn = database.prepare(
      'SELECT seq FROM mentions WHERE person = ? AND room = ? AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ? + 0',
    )
    this.#one = database.prepare(`${SELECT_EVENTS} WHERE e.seq = ?`)
    this.#newest = database.prepare(
      `SELECT key, last FROM rooms WHERE substr(key, 1, 1) <> '@' AND ${NOT_ENDING} AND last < ?
      ORDER BY last DESC LIMIT ? + 0`,
    )
    this.#newestDirects = database.prepare(
      `SELECT rooms.key, directs.last FROM directs JOIN rooms ON rooms.number = room
      WHERE directs.name = ? AND directs.last < ? ORDER BY directs.last DESC LIMIT ? + 0`,
    )
    this.#mentions = database.prepare(
      `SELECT count(*) AS mentions FROM mentions WHERE room = ? AND seq > ? AND seq <= ?
      AND person = (SELECT number FROM names WHERE key = ?)`,
    )
  }

  /** See `Log.read`. */
  read(roomKey: string, range: Range): Page {
    return this.#ofRooms(epoch => {
      const room = this.#room.get(roomKey)
      if (room === undefined) return { events: [], last: 0, moreBefore: false, moreAfter: false }
      return { ...this.#page(integer(room, 'number'), range, epoch), last: integer(room, 'last') }
    })
  }

  /** See `Log.missed`. */
  missed(roomKey: string, after: number, { events: maxEvents, bytes: maxBytes }: MissedBounds): Missed {
    return this.#ofRooms(() => {
      const room = this.#room.get(roomKey)
      if (room === undefined) return { events: 0, bytes: 0 }
      // A frame has at least its overhead, so that this many rows pass whichever bound is met first.
      const limit = Math.min(maxEvents, Math.ceil(maxBytes / FRAME_BYTES)) + 1
      const row = this.#missed.get(integer(room, 'number'), after, BEYOND, limit) ?? {}
      return { events: integer(row, 'events'), bytes: integer(row, 'bytes') }
    })
  }

  /** See `Log.unread`. */
  unread(positions: ReadonlyMap<string, number>, name: string, max: number): readonly Unread[] {
    return this.#ofRooms(() =>
      [...positions].map(([roomKey, after]) => this.#unreadIn(roomKey, after, name, max)),
    )
  }

  /** See `ReaderMethods.mentionSeqs`. */
  mentionSeqs(person: string, roomKeys: readonly string[], search: MentionSearch): readonly number[] {
    const { before, limit } = search
    const found = this.#person.get(person)
    if (found === undefined) return search.newest
    const number = integer(found, 'number')
    let newest = search.newest
    const heads = this.#mentionHeads.all(number, before, JSON.stringify(roomKeys))
    for (const head of heads) {
      const after = newest[limit - 1] ?? 0
      if (integer(head, 'newest') <= after) break
      const rows = this.#mentionsIn.all(number, integer(head, 'room'), after, before, limit)
      newest = [...newest, ...rows.map(row => integer(row, 'seq'))].sort((a, b) => b - a).slice(0, limit)
    }
    return newest
  }

  /** See `ReaderMethods.messages`. */
  messages(seqs: readonly number[], maxBytes: number): readonly LoggedEvent[] {
    return this.#rows.atOneMoment(epoch => {
      const rows: Row[] = []
      let bytes = 0
      for (const seq of seqs) {
        const row = this.#one.get(seq)
        if (row === undefined) continue
        bytes += rowBytes(row)
        if (bytes > maxBytes && rows.length > 0) break
        rows.push(row)
      }
      return this.#rows.present(rows, epoch).filter(event => !('deleted' in event))
    })
  }

  #unreadIn(roomKey: string, after: number, name: string, max: number): Unread {
    const room = this.#room.get(roomKey)
    if (room === undefined) return { unread: 0, mentions: 0 }
    const number = integer(room, 'number')
    const counted = this.#unread.get(number, after, BEYOND, name, max) ?? {}
    const last = optionalInteger(counted, 'last')
    if (last === undefined) return { unread: 0, mentions: 0 }
    const mentioned = this.#mentions.get(number, after, last, name) ?? {}
    return { unread: integer(counted, 'unread'), mentions: integer(mentioned, 'mentions') }
  }

  /** See `RoomDirectory.newestRooms`. */
  newestRooms(of: string | undefined, before: number, limit: number): readonly NewestRoom[] {
    const rows =
      of === undefined ? this.#newest.all(before, limit) : this.#newestDirects.all(of, before, limit)
    return rows.map(row => ({ key: text(row, 'key'), last: integer(row, 'last') }))
  }

  /** Reads at one moment of the log, which the tail shows too. */
  #ofRooms<T>(read: (epoch: string) => T): T {
    return this.#rows.atOneMoment(epoch => {
      this.#tail.catchUp()
      return read(epoch)
    })
  }

  *#eventsAt(seqs: Iterable<Row>): Generator<Row, void> {
    for (const found of seqs) {
      const row = this.#one.get(integer(found, 'seq'))
      if (row !== undefined) yield row
    }
  }

  /** Grows from where the range points until a bound is met, first backwards, in turns. */
  #page(room: number, range: Range, epoch: string): Omit<Page, 'last'> {
    const floor = range.floor ?? 0
    const { before, after, around, limit, maxBytes } = range
    const pivot = Math.max(floor, after ?? (before === undefined ? (around ?? BEYOND) : before - 1))
    const below = this.#eventsAt(this.#upTo.iterate(room, floor, pivot))
    const above = this.#eventsAt(this.#after.iterate(room, pivot, BEYOND))
    const backward = after === undefined
    const forward = after !== undefined || around !== undefined
    const older: Row[] = []
    const newer: Row[] = []
    let nextBelow = below.next()
    let nextAbove = above.next()
    let bytes = 0
    const fits = (row: Row): boolean => {
      bytes += rowBytes(row)
      const count = older.length + newer.length
      return count < limit && (bytes <= maxBytes || count === 0)
    }
    for (let grown = true; grown; ) {
      grown = false
      if (backward && !nextBelow.done && fits(nextBelow.value)) {
        older.push(nextBelow.value)
        nextBelow = below.next()
        grown = true
      }
      if (forward && !nextAbove.done && fits(nextAbove.value)) {
        newer.push(nextAbove.value)
        nextAbove = above.next()
        grown = true
      }
    }
    below.return()
    above.return()
    return {
      events: this.#rows.present([...older.reverse(), ...newer], epoch),
      moreBefore: !nextBelow.done,
      moreAfter: !nextAbove.done,
    }
  }
}
