import { SERVER_NAME } from '../../../../protocol/names.ts'
import type { ErasureCursor, EventBody, EventEntry } from '../../entries.ts'
import { integer, type Row, text } from '../columns.ts'
import type { Statements } from './statements.ts'

/** Events that one slice looks at; about 10 ms. Part of the rule: every fold of an entry looks at as many. */
const LOOKED_AT = 20_000

/** The slice that is asked for. */
export interface ErasureRequest {
  /** The number of the person. */
  readonly author: number
  /** The person's folded name. */
  readonly person: string
  readonly from: ErasureCursor
  /** The most events to erase. */
  readonly limit: number
  /** The seq of the newest event of the log. */
  readonly last: number
}

/** Some of what a person said. */
export interface ErasureSlice {
  /** The events that take it away: every client folds them. They need no permission. */
  readonly entries: readonly EventEntry[]
  /** Where the next slice begins; undefined: nothing is left. */
  readonly next: ErasureCursor | undefined
}

/**
 * Takes away a slice of what a person said: messages, shown topics and reactions by events, and at once the text of
 * older topics and of edits. Belongs into a transaction.
 */
export function eraseSlice(sql: Statements, request: ErasureRequest): ErasureSlice {
  if (request.from.part === 'events') return eraseEvents(sql, request).slice
  const slice = eraseReactions(sql, request)
  const { upTo } = request.from
  if (slice.next !== undefined || upTo === undefined) return slice
  // What another daemon was storing meanwhile: the name goes when nothing is left.
  const { slice: late, found } = eraseEvents(sql, { ...request, from: { part: 'events', after: upTo } })
  return found > 0 || late.next?.part === 'events' || hasReactions(sql, request.author) ? late : slice
}

function hasReactions(sql: Statements, author: number): boolean {
  return sql('SELECT 1 FROM reactions WHERE author = ? LIMIT 1').get(author) !== undefined
}

function eraseEvents(
  sql: Statements,
  { author, from, limit, last }: ErasureRequest,
): { readonly slice: ErasureSlice; readonly found: number } {
  const looked = sql(
    'SELECT max(seq) AS last FROM (SELECT seq FROM events WHERE seq > ? ORDER BY seq LIMIT ? + 0)',
  ).get(from.after, LOOKED_AT)
  const end = looked?.['last'] == null ? last : integer(looked, 'last')
  const rows = sql(
    `SELECT e.seq, e.action, e.text, rooms.key, rooms.topic, rooms.topic_seq FROM events e JOIN rooms ON rooms.number = e.room
    WHERE e.seq > ? AND e.seq <= ? AND e.author = ?
      AND (e.action = 'chat' AND e.deleted IS NULL OR e.action IN ('edit', 'topic') AND e.text <> '')
    ORDER BY e.seq LIMIT ? + 0`,
  ).all(from.after, end, author, limit)
  const after = rows.length < limit ? end : integer(rows.at(-1) ?? {}, 'seq')
  const next =
    after < last ? { part: 'events' as const, after } : { part: 'reactions' as const, after: 0, upTo: after }
  return { slice: { entries: rows.flatMap(row => eraseEvent(sql, row)), next }, found: rows.length }
}

function eraseEvent(sql: Statements, row: Row): EventEntry[] {
  const seq = integer(row, 'seq')
  const key = text(row, 'key')
  if (row['action'] === 'chat') return [entryIn(key, SERVER_NAME, { action: 'delete', target: seq })]
  // Readers see such an edit as one that was overtaken, and such a topic as one that was taken away.
  sql("UPDATE events SET text = iif(action = 'edit', NULL, '') WHERE seq = ?").run(seq)
  const shown = integer(row, 'topic_seq')
  // Not by the text, which other daemons may read as removed. A topic of an earlier layout does not say which event set it.
  const isShown = row['action'] === 'topic' && (shown === 0 ? row['topic'] === row['text'] : shown === seq)
  return isShown ? [entryIn(key, SERVER_NAME, { action: 'topic', topic: '' })] : []
}

function eraseReactions(sql: Statements, { author, person, from, limit }: ErasureRequest): ErasureSlice {
  const rows = sql(
    `SELECT reactions.target, reactions.emoji, rooms.key FROM reactions
    JOIN events e ON e.seq = reactions.target JOIN rooms ON rooms.number = e.room
    WHERE reactions.target >= ? AND reactions.author = ? ORDER BY reactions.target, reactions.emoji LIMIT ? + 0`,
  ).all(from.after, author, limit)
  const entries = rows.map(row => {
    const target = integer(row, 'target')
    return entryIn(text(row, 'key'), person, {
      action: 'react',
      target,
      emoji: text(row, 'emoji'),
      on: false,
    })
  })
  const last = rows.at(-1)
  return {
    entries,
    next: last && { part: 'reactions', after: integer(last, 'target'), upTo: from.upTo },
  }
}

function entryIn(roomKey: string, from: string, body: EventBody): EventEntry {
  return { kind: 'event', roomKey, roomName: roomKey, from, body }
}
