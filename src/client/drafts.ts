import type { DatabaseSync } from 'node:sqlite'
import { isAlive } from './ownProcess.ts'

/** Sent texts that are kept of a room. */
const SENT_KEPT = 200

/** The message that a draft answers. */
interface Answered {
  readonly id: string
  readonly seq: number
}

/** The draft of a room, and the texts that were sent from its composer. */
export interface Composed {
  readonly draft: string
  /** The message that the draft answers, if it does. */
  readonly answers?: Answered | undefined
  /** Oldest first. */
  readonly inputs: readonly string[]
}

type Row = Readonly<Record<string, unknown>>

/**
 * Takes over the drafts of processes that have ended. Of several drafts of a room the newest becomes this process's own,
 * unless it has one, and the others go among the sent texts: Up brings them back.
 */
export function adoptDrafts(database: DatabaseSync, own: string): void {
  const rows: readonly Row[] = database.prepare('SELECT * FROM composing ORDER BY number DESC').all()
  const taken = new Set(rows.filter(({ owner }) => owner === own).map(({ room }) => String(room)))
  for (const { number, room, owner, text } of rows) {
    if (owner === own || (owner !== '' && isAlive(String(owner)))) continue
    if (!taken.has(String(room))) {
      taken.add(String(room))
      database.prepare('UPDATE composing SET owner = ? WHERE number = ?').run(own, Number(number))
    } else {
      appendSent(database, String(room), [String(text)])
      database.prepare('DELETE FROM composing WHERE number = ?').run(Number(number))
    }
  }
}

/** The drafts of a process, and all sent texts, by the key of the room. */
export function readComposed(database: DatabaseSync, own: string): Map<string, Composed> {
  const composed = new Map<string, Composed>()
  const of = (room: unknown): Composed => composed.get(String(room)) ?? { draft: '', inputs: [] }
  for (const row of database.prepare('SELECT * FROM composing WHERE owner = ?').all(own) as readonly Row[]) {
    const { room, text, answers_id: id, answers_seq: seq } = row
    const answers = id === null ? {} : { answers: { id: String(id), seq: Number(seq) } }
    composed.set(String(room), { ...of(room), draft: String(text), ...answers })
  }
  for (const { room, text } of database
    .prepare('SELECT room, text FROM sent ORDER BY number')
    .all() as readonly Row[])
    composed.set(String(room), { ...of(room), inputs: [...of(room).inputs, String(text)] })
  return composed
}

/** Writes the draft of a room, and texts that were sent since. Texts that others sent meanwhile stay. */
export function writeComposed(
  database: DatabaseSync,
  own: string,
  room: string,
  { draft, answers }: Composed,
  sent: readonly string[],
): void {
  if (draft === '') database.prepare('DELETE FROM composing WHERE room = ? AND owner = ?').run(room, own)
  else {
    database
      .prepare(
        `INSERT INTO composing (room, owner, text, answers_id, answers_seq) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (room, owner) DO UPDATE
        SET text = excluded.text, answers_id = excluded.answers_id, answers_seq = excluded.answers_seq`,
      )
      .run(room, own, draft, answers?.id ?? null, answers?.seq ?? null)
  }
  appendSent(database, room, sent)
}

/** The texts at the end of `now` that follow those of `before`, whose oldest may be gone. */
export function appended(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let dropped = 0; dropped < before.length; dropped++) {
    const kept = before.length - dropped
    if (kept <= now.length && before.slice(dropped).every((text, at) => text === now[at]))
      return now.slice(kept)
  }
  return now
}

function appendSent(database: DatabaseSync, room: string, texts: readonly string[]): void {
  const add = database.prepare('INSERT INTO sent (room, text) VALUES (?, ?)')
  for (const text of texts) add.run(room, text)
  if (texts.length === 0) return
  database
    .prepare(
      'DELETE FROM sent WHERE room = ? AND number <= (SELECT number FROM sent WHERE room = ? ORDER BY number DESC LIMIT 1 OFFSET ?)',
    )
    .run(room, room, SENT_KEPT)
}
