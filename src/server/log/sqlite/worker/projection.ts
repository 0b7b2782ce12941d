import type { DatabaseSync } from 'node:sqlite'
import { textOf } from '../../changes.ts'
import type { Entry, EventEntry } from '../../entries.ts'
import { decodeEnvelope, type Envelope, RULES, seqOf } from '../../envelope.ts'
import type { StreamMessage } from '../../stream.ts'
import { integer, text } from '../columns.ts'
import type { Outcome } from '../messages.ts'
import { STREAM_TABLE } from '../projectionFile.ts'
import { type Statements, statements } from './statements.ts'
import type { Writer } from './writer.ts'

/**
 * What a projection has beside the tables of a log.
 *
 * - `stream`: see `projectionFile.ts`.
 * - `producers`: the newest envelope of each sender: older ones are repeats.
 * - `erasures`: positions of messages that may hold a text which the log no longer has; `due` in ms since 1970, 0: not set
 *   yet. Every daemon has this list, so that one that dies leaves nothing undone.
 */
const TABLES = `
  ${STREAM_TABLE}
  CREATE TABLE IF NOT EXISTS producers (d TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS erasures (position INTEGER PRIMARY KEY, due INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE INDEX IF NOT EXISTS erasures_by_due ON erasures (due);
  CREATE TRIGGER IF NOT EXISTS text_replaced AFTER UPDATE OF text ON events
    WHEN old.text IS NOT NULL AND old.text IS NOT new.text
    BEGIN INSERT OR IGNORE INTO erasures (position) VALUES (old.seq / ${seqOf(1, 0)}); END;
  CREATE TRIGGER IF NOT EXISTS topic_overtaken AFTER UPDATE OF topic_seq ON rooms
    WHEN old.topic_seq > 0 AND NOT EXISTS (SELECT 1 FROM events WHERE seq = old.topic_seq)
    BEGIN INSERT OR IGNORE INTO erasures (position) VALUES (old.topic_seq / ${seqOf(1, 0)}); END;
  CREATE TRIGGER IF NOT EXISTS text_removed AFTER DELETE ON events WHEN old.text IS NOT NULL
    BEGIN INSERT OR IGNORE INTO erasures (position) VALUES (old.seq / ${seqOf(1, 0)}); END;
`

/** Stands in the stream for a text that was removed. Not empty, so that the log is folded as it was with the text. */
const REMOVED = '(removed)'

/** What a message of the stream became. */
export interface Applied {
  readonly position: number
  readonly envelope: Envelope
  /** An outcome for each entry. */
  readonly outcomes: readonly Outcome[]
}

/** The stream goes by newer rules than this program knows; a sentence. */
export class NewerRules extends Error {
  override readonly name = 'NewerRules'
}

/** The file of a shared log: the writer's tables, and how far they follow the stream. Belongs to the writing connection. */
export class Projection {
  readonly #writer: Writer
  readonly #sql: Statements
  readonly #name: string
  #checkpoint = 0
  #identity = ''
  #made = ''
  #hasEnded = false

  constructor(database: DatabaseSync, writer: Writer, name: string) {
    this.#writer = writer
    this.#sql = statements(database)
    this.#name = name
    // What a crash of the machine takes back is read again: the stream is the durable copy.
    database.exec(`PRAGMA synchronous = NORMAL; ${TABLES}`)
    this.#load()
  }

  /** The position of the newest message that was applied. */
  get checkpoint(): number {
    return this.#checkpoint
  }

  /** Whether the log was moved back to a single server. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** When the stream of this file was made; empty: none was read yet. */
  get made(): string {
    return this.#made
  }

  /** Whether a message that stands at the checkpoint is the one that was applied there. */
  fits(message: StreamMessage): boolean {
    if (message.position === this.#checkpoint) return identityOf(readOf(message)) === this.#identity
    // Another one stands for it, since a text of it was erased; of some nothing is left.
    const standing = readOf({ ...message, replaces: undefined })
    return standing.envelope === undefined || identityOf(standing) === this.#identity
  }

  /** Notes from which stream this file is made. */
  follow(made: string): void {
    this.#writer.transact(() => {
      this.#sql('INSERT INTO stream (name, made, checkpoint, identity) VALUES (?, ?, 0, ?)').run(
        this.#name,
        made,
        '',
      )
    })
    this.#made = made
  }

  /**
   * Applies messages in one transaction with the checkpoint. Throws what SQLite throws, or {@link NewerRules}; nothing is
   * applied then. What follows the end of the log is never applied.
   * @returns what became of the envelopes that were no repeats
   */
  apply(messages: readonly StreamMessage[]): readonly Applied[] {
    const read = messages.map(readOf)
    const end = read.findIndex(({ envelope }) => envelope?.end === true)
    const counting = end < 0 ? read : read.slice(0, end + 1)
    const last = counting.at(-1)
    if (last === undefined || this.#hasEnded) return []
    const identity = identityOf(last)
    const applied = this.#writer.transact(apply => {
      const results = counting.flatMap(message => this.#applyOne(message, apply))
      this.#sql(
        `UPDATE stream SET checkpoint = ?, identity = ?, ended = ?, erased = max(erased, ?), removed = max(removed, ?)`,
      ).run(
        last.position,
        identity,
        end < 0 ? 0 : 1,
        newestWith(results, ERASING),
        newestWith(results, REMOVING),
      )
      return results
    })
    this.#checkpoint = last.position
    this.#identity = identity
    this.#hasEnded = end >= 0
    return applied
  }

  /** Says when the erasures that the last messages made are due, ms since 1970. */
  dueAt(due: number): void {
    this.#sql('UPDATE erasures SET due = ? WHERE due = 0').run(due)
  }

  /** A position whose text is due to be erased. */
  nextErasure(now: number): number | undefined {
    const row = this.#sql('SELECT position, due FROM erasures ORDER BY due LIMIT 1').get()
    if (row === undefined || integer(row, 'due') > now) return undefined
    return integer(row, 'position')
  }

  /** Nothing is left to erase at a position; or it is tried again at another time. */
  erased(position: number, again?: number): void {
    if (again === undefined) this.#sql('DELETE FROM erasures WHERE position = ?').run(position)
    else this.#sql('UPDATE erasures SET due = ? WHERE position = ?').run(again, position)
  }

  /** The envelope of a position without the texts that the log no longer has; undefined where it has all of them. */
  withoutRemoved(envelope: Envelope, position: number): Envelope | undefined {
    // It makes several events: what follows it in an envelope has other seqs. Daemons send it alone.
    if (envelope.w.some(({ kind }) => kind === 'erase')) return undefined
    const w = envelope.w.map((entry, index) => this.#withoutRemoved(entry, seqOf(position, index)))
    return w.some((entry, index) => entry !== envelope.w[index]) ? { ...envelope, w } : undefined
  }

  #withoutRemoved(entry: Entry, seq: number): Entry {
    if (entry.kind !== 'event' || !hasText(entry)) return entry
    const { body, roomKey } = entry
    const row = this.#sql('SELECT text FROM events WHERE seq = ?').get(seq)
    if (row?.['text'] === textOf(body)) return entry
    if (body.action === 'chat' || body.action === 'edit')
      return { ...entry, body: { ...body, message: REMOVED } }
    // Retention takes the event of a topic, and leaves the topic.
    const isShown = this.#sql('SELECT 1 FROM rooms WHERE key = ? AND topic_seq = ?').get(roomKey, seq)
    if (body.action !== 'topic' || isShown !== undefined) return entry
    return { ...entry, body: { ...body, topic: REMOVED } }
  }

  #load(): void {
    const row = this.#sql('SELECT made, checkpoint, identity, ended FROM stream').get()
    if (row === undefined) return
    this.#checkpoint = integer(row, 'checkpoint')
    this.#identity = text(row, 'identity')
    this.#made = text(row, 'made')
    this.#hasEnded = integer(row, 'ended') === 1
  }

  #applyOne({ position, ts, envelope }: Read, apply: Apply): Applied[] {
    if (envelope === undefined) return []
    const { v, d, n, w } = envelope
    if (v > RULES)
      throw new NewerRules(
        `the log goes by rules ${v} from position ${position} on, and this chatd knows ${RULES}: install the chatd that the others run`,
      )
    const known = this.#sql('SELECT n FROM producers WHERE d = ?').get(d)
    if (known !== undefined && n <= integer(known, 'n')) {
      this.#mayHoldText(position, w)
      return []
    }
    this.#sql('INSERT INTO producers (d, n) VALUES (?, ?) ON CONFLICT (d) DO UPDATE SET n = excluded.n').run(
      d,
      n,
    )
    const outcomes = w.map((entry, index) =>
      apply(entry, { ts: envelope.ts ?? ts, firstSeq: seqOf(position, index) }),
    )
    // A repeat or a refused message leaves its text in the stream alone.
    this.#mayHoldText(
      position,
      w.filter((_, index) => outcomes[index]?.kind === 'repeat' || outcomes[index]?.kind === 'refused'),
    )
    return [{ position, envelope, outcomes }]
  }

  #mayHoldText(position: number, entries: readonly Entry[]): void {
    if (entries.some(entry => entry.kind === 'event' && hasText(entry)))
      this.#sql('INSERT OR IGNORE INTO erasures (position) VALUES (?)').run(position)
  }
}

/** Entries that take a person or a room away: a base from before goes soon. */
const ERASING: readonly string[] = ['erase', 'sweep']
/** Entries, and events, that take single texts away. */
const REMOVING: readonly string[] = ['forget', 'edit', 'delete']

/** The newest position at which an entry of some kinds was applied; 0: none was. */
function newestWith(applied: readonly Applied[], kinds: readonly string[]): number {
  const found = applied.findLast(({ envelope }) =>
    envelope.w.some(entry => kinds.includes(entry.kind === 'event' ? entry.body.action : entry.kind)),
  )
  return found?.position ?? 0
}

/** A message of the stream, and its envelope: that of one that stands for another is read where there is a hole. */
type Read = Pick<StreamMessage, 'position' | 'replaces' | 'ts'> & { readonly envelope: Envelope | undefined }

function readOf({ position, replaces, ts, data }: StreamMessage): Read {
  return { position, replaces, ts, envelope: replaces === undefined ? decodeEnvelope(data) : undefined }
}

type Apply = Parameters<Parameters<Writer['transact']>[0]>[0]

function hasText({ body }: EventEntry): boolean {
  const said = textOf(body) ?? ''
  return said !== '' && said !== REMOVED
}

/** What tells a message from another one that could stand at its position. */
function identityOf({ replaces, ts, envelope }: Read): string {
  if (replaces !== undefined) return `redo ${replaces}`
  return envelope === undefined ? `time ${ts}` : `${envelope.d} ${envelope.n}`
}
