import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { RoomEvent } from '../../../../protocol/events.ts'
import { SERVER_NAME } from '../../../../protocol/names.ts'
import { presentReactions } from '../../changes.ts'
import type { LoggedEvent } from '../../log.ts'
import { givenId } from '../storedEvent.ts'

/** The bytes of an event's frame beside its text: names, numbers, quotes. */
export const FRAME_BYTES = 160

/** Selects events with the names of their rooms and people; a condition and an order can follow. */
export const SELECT_EVENTS = `
  SELECT e.seq, e.prev, e.ts, e.action, e.id, e.target, e.text, e.emoji, e.is_on, e.edited,
    rooms.key AS room_key, names.name AS author,
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

/** A row as `node:sqlite` gives it. */
export type Row = Readonly<Record<string, unknown>>

/** About how many bytes the frame of a row's event has; escapes in its text are not counted. */
export function rowBytes(row: Row): number {
  const text = row['text']
  return FRAME_BYTES + (typeof text === 'string' ? Buffer.byteLength(text) : 0)
}

/** Makes events of the rows of one connection to the log. */
export class Rows {
  readonly #database: DatabaseSync
  readonly #epoch: StatementSync
  readonly #reactions: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#epoch = database.prepare('SELECT epoch FROM log')
    this.#reactions = database.prepare(`
      SELECT target, emoji, name FROM reactions JOIN names ON names.number = reactions.author
      WHERE target IN (SELECT value FROM json_each(?)) ORDER BY reactions.since, reactions.seq
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
    const reactions = this.#reactionsTo(rows.filter(row => row['action'] === 'chat'))
    return rows.map(row => eventOf(row, epoch, reactions.get(integer(row, 'seq'))))
  }

  #reactionsTo(chats: readonly Row[]): Map<number, Map<string, string[]>> {
    const byTarget = new Map<number, Map<string, string[]>>()
    if (chats.length === 0) return byTarget
    const seqs: SQLInputValue = `[${chats.map(row => integer(row, 'seq')).join()}]`
    for (const row of this.#reactions.iterate(seqs)) {
      const target = integer(row, 'target')
      const emoji = text(row, 'emoji')
      const byEmoji = byTarget.get(target) ?? new Map<string, string[]>()
      byTarget.set(target, byEmoji.set(emoji, [...(byEmoji.get(emoji) ?? []), text(row, 'name')]))
    }
    return byTarget
  }
}

function eventOf(
  row: Row,
  epoch: string,
  reactions: ReadonlyMap<string, readonly string[]> = new Map(),
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

/** A column that is an integer; anything else is a bug. */
export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new TypeError(`${column} is ${typeof value}, not a number`)
  return value
}

/** A column that is text; anything else is a bug. */
export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`${column} is ${typeof value}, not text`)
  return value
}

/** A column that is an integer or null. */
export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column)
}

/** A column that is text or null. */
export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column)
}
