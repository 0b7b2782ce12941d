import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { RoomEvent } from '../../../../protocol/events.ts'
import { presentReactions } from '../../changes.ts'
import type { LoggedEvent } from '../../log.ts'

/** What stands around the text in the frame of an event: names, numbers, quotes. */
export const FRAME_BYTES = 160

/** An event with the names of its room and its people; `?` follows: which ones, in which order. */
export const SELECT_EVENTS = `
  SELECT e.seq, e.prev, e.ts, e.action, e.id, e.target, e.text, e.emoji, e.is_on, e.edited,
    rooms.key AS room_key, names.name AS author,
    d.seq AS deleted, d.ts AS deleted_ts, deleters.name AS deleted_by
  FROM events e
  JOIN rooms ON rooms.number = e.room
  JOIN names ON names.number = e.author
  LEFT JOIN events d ON e.deleted IS NOT NULL AND d.seq = e.deleted
  LEFT JOIN names deleters ON deleters.number = d.author
`

/** A row as `node:sqlite` gives it. */
export type Row = Readonly<Record<string, unknown>>

/** About how many bytes the frame of a row's event has; escapes in its text are not counted. */
export function rowBytes(row: Row): number {
  const text = row['text']
  return FRAME_BYTES + (typeof text === 'string' ? Buffer.byteLength(text) : 0)
}

/** The identity of an event whose request brought none: there is no other event of this seq in this log. */
export function givenId(epoch: string, seq: number): string {
  return `${epoch}.${seq}`
}

/** Makes events of the rows of one connection to the log. */
export class Rows {
  readonly #reactions: StatementSync
  readonly #epoch: string

  constructor(database: DatabaseSync, epoch: string) {
    this.#epoch = epoch
    this.#reactions = database.prepare(`
      SELECT target, emoji, name FROM reactions JOIN names ON names.number = reactions.author
      WHERE target IN (SELECT value FROM json_each(?)) ORDER BY reactions.seq
    `)
  }

  /** The events of rows of {@link SELECT_EVENTS}, in their order. */
  present(rows: readonly Row[]): LoggedEvent[] {
    const reactions = this.#reactionsTo(rows.filter(row => row['action'] === 'chat'))
    return rows.map(row => this.#event(row, reactions.get(number(row, 'seq'))))
  }

  #reactionsTo(chats: readonly Row[]): Map<number, Map<string, string[]>> {
    const byTarget = new Map<number, Map<string, string[]>>()
    if (chats.length === 0) return byTarget
    const seqs: SQLInputValue = `[${chats.map(row => number(row, 'seq')).join()}]`
    for (const row of this.#reactions.iterate(seqs)) {
      const target = number(row, 'target')
      const emoji = string(row, 'emoji')
      const byEmoji = byTarget.get(target) ?? new Map<string, string[]>()
      byTarget.set(target, byEmoji.set(emoji, [...(byEmoji.get(emoji) ?? []), string(row, 'name')]))
    }
    return byTarget
  }

  #event(row: Row, reactions: ReadonlyMap<string, readonly string[]> = new Map()): LoggedEvent {
    const seq = number(row, 'seq')
    const common = {
      roomKey: string(row, 'room_key'),
      seq,
      prev: number(row, 'prev'),
      ts: number(row, 'ts'),
      from: string(row, 'author'),
      id: optionalString(row, 'id') ?? givenId(this.#epoch, seq),
    }
    const text = optionalString(row, 'text')
    const action = string(row, 'action') as RoomEvent['action']
    switch (action) {
      case 'chat':
        return {
          action,
          ...common,
          ...present('message', text),
          ...present('replyTo', optionalNumber(row, 'target')),
          ...present('edited', optionalNumber(row, 'edited')),
          ...present('reactions', presentReactions(reactions)),
          ...present('deleted', deletionOf(row)),
        }
      case 'edit':
        return { action, ...common, target: number(row, 'target'), ...present('message', text) }
      case 'delete':
        return { action, ...common, target: number(row, 'target') }
      case 'react':
        return {
          action,
          ...common,
          target: number(row, 'target'),
          emoji: string(row, 'emoji'),
          on: row['is_on'] === 1,
        }
      case 'topic':
        return { action, ...common, topic: text ?? '' }
    }
  }
}

function deletionOf(row: Row): { seq: number; by: string; ts: number } | undefined {
  if (row['deleted'] === null) return undefined
  return { seq: number(row, 'deleted'), by: string(row, 'deleted_by'), ts: number(row, 'deleted_ts') }
}

/** A field that is there only where it has a value. */
function present<Key extends string, T>(key: Key, value: T | undefined): { [K in Key]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: T })
}

/** A column that is an integer; anything else is a bug. */
export function number(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new TypeError(`${column} is ${typeof value}, not a number`)
  return value
}

/** A column that is text; anything else is a bug. */
export function string(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`${column} is ${typeof value}, not text`)
  return value
}

function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : number(row, column)
}

function optionalString(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : string(row, column)
}
