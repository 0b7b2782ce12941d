import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { RoomEvent } from '../../../../protocol/events.ts'
import { MAX_REACTION_NAMES } from '../../../../protocol/limits.ts'
import { SERVER_NAME } from '../../../../protocol/names.ts'
import { presentReactions, type ReactionCount } from '../../changes.ts'
import type { LoggedEvent } from '../../log.ts'
import { integer, optionalInteger, optionalText, type Row, text } from '../columns.ts'
import { givenId } from '../storedEvent.ts'

/** The bytes of an event's frame beside its text: names, numbers, quotes. */
export const FRAME_BYTES = 160

/** About the bytes of a name that a reaction lists, with its part of the emoji. */
const REACTION_NAME_BYTES = 16

/** Selects events with the names of their rooms and people; a condition and an order can follow. */
export const SELECT_EVENTS = `
  SELECT e.seq, e.prev, e.ts, e.action, e.id, e.target, e.text, e.emoji, e.is_on, e.edited,
    rooms.key AS room_key, names.name AS author,
    (SELECT sum(min(count, ${MAX_REACTION_NAMES})) FROM reaction_kinds WHERE target = e.seq) AS reacted,
    d.seq AS deleted, d.ts AS deleted_ts, deleters.name AS deleted_by,
    accounts.number IS NULL AND EXISTS (SELECT 1 FROM accounts) AS guest
  FROM events e
  JOIN rooms ON rooms.number = e.room
  JOIN names ON names.number = e.author
  LEFT JOIN events d ON e.deleted IS NOT NULL AND d.seq = e.deleted
  LEFT JOIN names deleters ON deleters.number = d.author
  LEFT JOIN sessions ON sessions.number = e.session
  LEFT JOIN accounts ON accounts.session = coalesce(sessions.into_session, e.session)
`

/** About how many bytes the frame of a row's event has; escapes in its text are not counted. */
export function rowBytes(row: Row): number {
  const { text, reacted } = row
  const names = typeof reacted === 'number' ? reacted * REACTION_NAME_BYTES : 0
  return FRAME_BYTES + (typeof text === 'string' ? Buffer.byteLength(text) : 0) + names
}

/** Makes events of the rows of one connection to the log. */
export class Rows {
  readonly #database: DatabaseSync
  readonly #epoch: StatementSync
  readonly #kinds: StatementSync
  readonly #reactors: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#epoch = database.prepare('SELECT epoch FROM log')
    this.#kinds = database.prepare('SELECT emoji, count FROM reaction_kinds WHERE target = ? ORDER BY since')
    this.#reactors = database.prepare(`
      SELECT name FROM reactions INDEXED BY reactions_in_order JOIN names ON names.number = reactions.author
      WHERE target = ? AND emoji = ? ORDER BY seq LIMIT ${MAX_REACTION_NAMES}
    `)
  }

  /** Events, reactions and counts of one answer come from the same state of the log, which also has an epoch. */
  atOneMoment<T>(read: (epoch: string) => T): T {
    this.#database.exec('BEGIN')
    try {
      return read(text(this.#epoch.get() ?? {}, 'epoch'))
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  /** The events of rows of {@link SELECT_EVENTS}, in their order, in a log of this epoch. */
  present(rows: readonly Row[], epoch: string): LoggedEvent[] {
    return rows.map(row =>
      eventOf(row, epoch, row['reacted'] === null ? undefined : this.#reactionsTo(integer(row, 'seq'))),
    )
  }

  /** Reads as many names as are shown, however many there are. */
  #reactionsTo(target: number): Map<string, ReactionCount> {
    const kinds = this.#kinds.all(target).map((kind): [string, ReactionCount] => {
      const emoji = text(kind, 'emoji')
      const names = this.#reactors.all(target, emoji).map(row => text(row, 'name'))
      return [emoji, { count: integer(kind, 'count'), names }]
    })
    return new Map(kinds)
  }
}

function eventOf(
  row: Row,
  epoch: string,
  reactions: ReadonlyMap<string, ReactionCount> = new Map(),
): LoggedEvent {
  const seq = integer(row, 'seq')
  const common = {
    roomKey: text(row, 'room_key'),
    seq,
    prev: integer(row, 'prev'),
    ts: integer(row, 'ts'),
    from: text(row, 'author'),
    id: optionalText(row, 'id') ?? givenId(epoch, seq),
    ...(row['guest'] === 1 && row['author'] !== SERVER_NAME ? { guest: true as const } : {}),
  }
  const content = optionalText(row, 'text')
  const action = text(row, 'action') as RoomEvent['action']
  switch (action) {
    case 'chat':
      return {
        action,
        ...common,
        ...present('message', content),
        ...present('replyTo', optionalInteger(row, 'target')),
        ...present('edited', optionalInteger(row, 'edited')),
        ...present('reactions', presentReactions(reactions)),
        ...present('deleted', deletionOf(row)),
      }
    case 'edit':
      return { action, ...common, target: integer(row, 'target'), ...present('message', content) }
    case 'delete':
      return { action, ...common, target: integer(row, 'target') }
    case 'react':
      return {
        action,
        ...common,
        target: integer(row, 'target'),
        emoji: text(row, 'emoji'),
        on: row['is_on'] === 1,
      }
    case 'topic':
      return { action, ...common, topic: content ?? '' }
  }
}

function deletionOf(row: Row): { seq: number; by: string; ts: number } | undefined {
  if (row['deleted'] === null) return undefined
  return { seq: integer(row, 'deleted'), by: text(row, 'deleted_by'), ts: integer(row, 'deleted_ts') }
}

/** An object with the field where it has a value, an empty one otherwise. */
function present<Key extends string, T>(key: Key, value: T | undefined): { [K in Key]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: T })
}
