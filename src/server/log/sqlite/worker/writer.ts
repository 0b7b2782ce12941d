import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Result, refuse } from '../../../../protocol/errors.ts'
import { type Changeable, checkChange, isChange } from '../../changes.ts'
import type { Entry, EntryBody, KeptSession, LoggedEvent, Note, RoomHead } from '../../log.ts'
import { answerRepeat } from '../../repeats.ts'
import { emptyWriteAheadLog } from '../database.ts'
import { Erasure } from './erasure.ts'
import { headOf, SELECT_HEADS } from './headRows.ts'
import { Separators } from './indexRemains.ts'
import { NameTable } from './nameTable.ts'
import { givenId, number, type Row, Rows, SELECT_EVENTS, string } from './rows.ts'
import { SessionTable } from './sessionTable.ts'
import { type Statements, statements } from './statements.ts'
import { WordIndex } from './wordIndex.ts'

/** An entry to store, or something to remember. */
export type Work = { readonly entry: Entry } | { readonly note: Note }

/** What became of an entry: its place, where it has been since its first sending, or why it was not stored. */
export type Outcome =
  | { readonly seq: number; readonly ts: number; readonly prev: number }
  | { readonly repeats: Result<{ seq: number; ts: number }> }

/** What whoever opens the log has to know of it. */
export interface Contents {
  readonly epoch: string
  readonly last: number
  readonly heads: readonly RoomHead[]
  readonly sessions: readonly KeptSession[]
  readonly names: readonly string[]
}

interface Room {
  readonly number: number
  /** The seq of its newest event, which is the `prev` of the next. */
  last: number
}

/** The one that stores: takes a batch of work into one transaction. Belongs to the one writing connection. */
export class Writer {
  readonly epoch: string
  readonly #database: DatabaseSync
  readonly #now: () => number
  readonly #rows: Rows
  readonly #index: WordIndex
  readonly #separators: Separators
  readonly #names: NameTable
  readonly #sessions: SessionTable
  readonly #sql: Statements
  #rooms = new Map<string, Room>()
  #last = 0
  /** Whether a text was replaced or removed since the last {@link purge}; maybe by the process before us. */
  #removedText = true
  readonly #insert: StatementSync
  readonly #byId: StatementSync
  readonly #target: StatementSync
  readonly #meant: StatementSync

  constructor(database: DatabaseSync, now: () => number = Date.now) {
    this.#database = database
    this.#now = now
    this.epoch = string(database.prepare('SELECT epoch FROM log').get() ?? {}, 'epoch')
    this.#rows = new Rows(database, this.epoch)
    this.#index = new WordIndex(database)
    this.#separators = new Separators(database)
    this.#names = new NameTable(database)
    this.#sessions = new SessionTable(database, this.#names)
    this.#sql = statements(database)
    this.#insert = database.prepare(`
      INSERT INTO events (seq, room, prev, ts, author, action, id, session, target, text, emoji, is_on)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (author, id) WHERE id IS NOT NULL DO NOTHING
    `)
    this.#byId = database.prepare(`${SELECT_EVENTS} WHERE e.author = ? AND e.id = ?`)
    this.#target = database.prepare('SELECT room, action, session, text, deleted FROM events WHERE seq = ?')
    this.#meant = database.prepare(
      'SELECT emoji, key FROM reactions JOIN names ON names.number = reactions.author WHERE target = ?',
    )
    this.#load()
  }

  /** What the log holds, without its events. */
  contents(): Contents {
    const heads = this.#database.prepare(SELECT_HEADS).all()
    return {
      epoch: this.epoch,
      last: this.#last,
      heads: heads.map(headOf),
      sessions: this.#sessions.all(),
      names: this.#names.all(),
    }
  }

  /**
   * Stores a batch in one transaction; when this returns, all of it is on the disk.
   * Throws, with nothing stored, what SQLite throws.
   */
  commit(batch: readonly Work[]): Outcome[] {
    return this.#inTransaction(() => {
      const outcomes: Outcome[] = []
      for (const work of batch) {
        if ('entry' in work) outcomes.push(this.#store(work.entry))
        else this.#sessions.remember(work.note)
      }
      this.#index.keepUp(this.#last)
      return outcomes
    })
  }

  /** Indexes a slice of what is not indexed yet; false where nothing is left. */
  indexMore(): boolean {
    return this.#inTransaction(() => this.#index.addSlice())
  }

  /** Every message up to this seq can be found. */
  get indexed(): number {
    return this.#index.position
  }

  /** The seq of the newest event. */
  get last(): number {
    return this.#last
  }

  /**
   * Takes what was removed out of the search index wholly, and out of the write-ahead log. False where a reader is in
   * the way: try again. Pages that become free in the file itself are overwritten at once (`secure_delete`).
   */
  async purge(): Promise<boolean> {
    if (!this.#removedText) return true
    this.#removedText = false
    let isClean = false
    let isEmpty = false
    try {
      await this.#separators.clean(work => this.#inTransaction(work))
      isClean = true
    } finally {
      // Also where the disk is too full to write the index anew: this makes room.
      isEmpty = emptyWriteAheadLog(this.#database)
      if (!isClean || !isEmpty) this.#removedText = true
    }
    return isEmpty
  }

  /** Whether {@link purge} has something to do. */
  get needsPurge(): boolean {
    return this.#removedText
  }

  /** Begins to erase what a person (a folded name) said; undefined where nobody of that name is known. */
  beginErasure(name: string): Erasure | undefined {
    const author = this.#names.find(name)
    return author === undefined ? undefined : new Erasure(this.#database, author, name)
  }

  /** Erases a slice, by events, which it returns as they are told to everybody; `done` when the name is gone too. */
  eraseSlice(
    erasure: Erasure,
    limit: number,
  ): { readonly events: readonly LoggedEvent[]; readonly done: boolean } {
    return this.#inTransaction(() => {
      const { entries, done } = erasure.slice(this.#last, limit)
      const events = entries.flatMap(entry => this.#apply(entry))
      this.#removedText = true
      if (done) this.#forgetPerson(erasure.author)
      return { events, done }
    })
  }

  /** Removes a slice of a room's oldest events up to a position; the room's new beginning, undefined where none went. */
  forgetSlice(roomKey: string, upTo: number, limit: number): RoomHead | undefined {
    const room = this.#rooms.get(roomKey)
    if (room === undefined) return undefined
    return this.#inTransaction(() => {
      const rows = this.#sql(
        'SELECT seq, action, text FROM events WHERE room = ? AND seq <= ? ORDER BY seq LIMIT ?',
      ).all(room.number, upTo, limit)
      const newest = rows.at(-1)
      if (newest === undefined) return undefined
      for (const row of rows) {
        const seq = number(row, 'seq')
        if (row['action'] === 'chat') {
          this.#index.remove(seq)
          this.#sql('DELETE FROM reactions WHERE target = ?').run(seq)
        }
        this.#sql('DELETE FROM events WHERE seq = ?').run(seq)
      }
      this.#sql('UPDATE rooms SET first_prev = ? WHERE number = ?').run(number(newest, 'seq'), room.number)
      this.#removedText = true
      const head = this.#sql(`${SELECT_HEADS} WHERE number = ?`).get(room.number)
      return head === undefined ? undefined : headOf(head)
    })
  }

  /** What is remembered from here on is read anew: after a transaction that did not happen. */
  #load(): void {
    this.#names.forget()
    this.#rooms = new Map()
    const rooms = this.#database
      .prepare(
        'SELECT number, key, first_prev, (SELECT max(seq) FROM events WHERE room = number) AS last FROM rooms',
      )
      .all()
    for (const row of rooms) {
      const last = row['last'] === null ? number(row, 'first_prev') : number(row, 'last')
      this.#rooms.set(string(row, 'key'), { number: number(row, 'number'), last })
    }
    this.#last = number(this.#database.prepare('SELECT last FROM log').get() ?? {}, 'last')
    this.#index.load()
  }

  #inTransaction<T>(work: () => T): T {
    const before = this.#last
    this.#sql('BEGIN IMMEDIATE').run()
    try {
      const result = work()
      this.#index.mergeSome()
      if (this.#last !== before) this.#sql('UPDATE log SET last = ?').run(this.#last)
      this.#sql('COMMIT').run()
      return result
    } catch (error) {
      // SQLite has rolled back by itself where the disk is full.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#load()
      throw error
    }
  }

  #store(entry: Entry): Outcome {
    const author = this.#names.numberOf(entry.from)
    const { body } = entry
    // Otherwise the insert finds out: a refused repeat is not to leave an empty room behind.
    if (isChange(body) || !this.#rooms.has(entry.roomKey)) {
      const earlier = entry.id === undefined ? undefined : this.#byId.get(author, entry.id)
      if (earlier !== undefined) return { repeats: this.#answerRepeat(entry, earlier) }
    }
    if (isChange(body)) {
      const allowed = checkChange(
        body,
        this.#changeable(entry.roomKey, body.target),
        entry.from,
        entry.session,
      )
      if (!allowed.ok) return { repeats: allowed }
    }
    const room = this.#rooms.get(entry.roomKey) ?? this.#makeRoom(entry)
    const seq = this.#last + 1
    const ts = this.#now()
    const prev = room.last
    const inserted = this.#insertEvent(room, { seq, ts, prev }, author, entry)
    if (!inserted) {
      const earlier = entry.id === undefined ? undefined : this.#byId.get(author, entry.id)
      if (earlier === undefined) throw new Error(`event ${seq} is there already, and not by its id`)
      return { repeats: this.#answerRepeat(entry, earlier) }
    }
    this.#last = seq
    room.last = seq
    this.#change(room, seq, author, body)
    return { seq, ts, prev }
  }

  #insertEvent(
    room: Room,
    { seq, ts, prev }: { readonly seq: number; readonly ts: number; readonly prev: number },
    author: number,
    { body, id, session }: Entry,
  ): boolean {
    const target = body.action === 'chat' ? body.replyTo : isChange(body) ? body.target : undefined
    const { changes } = this.#insert.run(
      seq,
      room.number,
      prev,
      ts,
      author,
      body.action,
      id ?? null,
      session ?? null,
      target ?? null,
      textOf(body) ?? null,
      body.action === 'react' ? body.emoji : null,
      body.action === 'react' ? Number(body.on) : null,
    )
    return changes === 1
  }

  #answerRepeat(entry: Entry, earlier: Row): Result<{ seq: number; ts: number }> {
    const [event] = this.#rows.present([earlier])
    return event === undefined
      ? refuse('storage_unavailable', 'the log could not be read')
      : answerRepeat(entry, event)
  }

  #changeable(roomKey: string, target: number): Changeable | undefined {
    const row = this.#target.get(target)
    if (row === undefined || row['action'] !== 'chat' || row['room'] !== this.#rooms.get(roomKey)?.number)
      return undefined
    const reactions = new Map<string, Set<string>>()
    for (const meant of this.#meant.iterate(target)) {
      const emoji = string(meant, 'emoji')
      reactions.set(emoji, (reactions.get(emoji) ?? new Set()).add(string(meant, 'key')))
    }
    return {
      session: row['session'] === null ? undefined : number(row, 'session'),
      isDeleted: row['deleted'] !== null,
      reactions,
    }
  }

  /** Brings what an event changes to the state that it gives it; what was there before goes, also from older edits. */
  #change(room: Room, seq: number, author: number, body: EntryBody): void {
    switch (body.action) {
      case 'chat':
        return
      case 'topic':
        this.#sql('UPDATE rooms SET topic = ? WHERE number = ?').run(body.topic, room.number)
        return
      case 'react':
        if (body.on) {
          this.#sql('INSERT INTO reactions (target, emoji, author, seq) VALUES (?, ?, ?, ?)').run(
            body.target,
            body.emoji,
            author,
            seq,
          )
        } else {
          this.#sql('DELETE FROM reactions WHERE target = ? AND emoji = ? AND author = ?').run(
            body.target,
            body.emoji,
            author,
          )
        }
        return
      case 'edit':
      case 'delete':
        this.#removedText = true
        this.#index.remove(body.target)
        this.#sql(
          "UPDATE events SET text = NULL WHERE target = ? AND action = 'edit' AND seq <> ? AND text IS NOT NULL",
        ).run(body.target, seq)
        if (body.action === 'edit') {
          this.#sql('UPDATE events SET text = ?, edited = ? WHERE seq = ?').run(
            body.message,
            seq,
            body.target,
          )
          this.#index.add(body.target)
        } else {
          this.#sql('UPDATE events SET text = NULL, deleted = ? WHERE seq = ?').run(seq, body.target)
          this.#sql('DELETE FROM reactions WHERE target = ?').run(body.target)
        }
    }
  }

  #makeRoom({ roomKey, roomName }: Entry): Room {
    const { lastInsertRowid } = this.#sql('INSERT INTO rooms (key, name) VALUES (?, ?)').run(
      roomKey,
      roomName,
    )
    const room = { number: Number(lastInsertRowid), last: 0 }
    this.#rooms.set(roomKey, room)
    return room
  }

  /** Stores an entry that nobody has to be allowed. */
  #apply(entry: Entry): LoggedEvent[] {
    const room = this.#rooms.get(entry.roomKey)
    if (room === undefined) return []
    const author = this.#names.numberOf(entry.from)
    const place = { seq: this.#last + 1, ts: this.#now(), prev: room.last }
    this.#insertEvent(room, place, author, entry)
    this.#last = place.seq
    room.last = place.seq
    this.#change(room, place.seq, author, entry.body)
    return [eventOf(entry, place, this.epoch)]
  }

  #forgetPerson(person: number): void {
    this.#sessions.forgetAll(person)
    this.#names.erase(person)
  }
}

/** The event that an entry became at a place. */
export function eventOf(
  { roomKey, from, id, body }: Entry,
  { seq, ts, prev }: { readonly seq: number; readonly ts: number; readonly prev: number },
  epoch: string,
): LoggedEvent {
  return { roomKey, seq, prev, ts, from, id: id ?? givenId(epoch, seq), ...body } as LoggedEvent
}

function textOf(body: EntryBody): string | undefined {
  if (body.action === 'topic') return body.topic
  return body.action === 'chat' || body.action === 'edit' ? body.message : undefined
}
