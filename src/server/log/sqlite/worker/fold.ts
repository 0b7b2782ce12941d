import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Result, refuse } from '../../../../protocol/errors.ts'
import { type Changeable, checkChange, isChange, textOf } from '../../changes.ts'
import type { Entry, EventBody, EventEntry, MaintenanceEntry } from '../../entries.ts'
import type { LoggedEvent, Stored } from '../../log.ts'
import type { OperatorDeed } from '../../maintenance.ts'
import { answerRepeat } from '../../repeats.ts'
import { roomEnded } from '../../roomKeys.ts'
import { roomLike } from '../../skeleton.ts'
import { integer, optionalInteger, type Row, text } from '../columns.ts'
import { headOf, SELECT_HEADS_WITH_TAIL } from '../headRows.ts'
import { Lookalikes } from '../lookalikes.ts'
import type { Contents, Outcome } from '../messages.ts'
import { eventOf, type Position } from '../storedEvent.ts'
import { AccountFold } from './accountFold.ts'
import { AuditTable } from './auditTable.ts'
import { eraseSlice } from './erasure.ts'
import { EventIds } from './eventIds.ts'
import { MentionTable } from './mentionTable.ts'
import { NameTable } from './nameTable.ts'
import { ReactionTable } from './reactionTable.ts'
import { RetentionTable } from './retentionTable.ts'
import { RoomEnding } from './roomEnding.ts'
import { RoomFill } from './roomFill.ts'
import { RoomNames } from './roomNames.ts'
import { type FoldedRoom, RoomTable } from './roomTable.ts'
import { Rows, SELECT_EVENTS } from './rows.ts'
import { SessionTable } from './sessionTable.ts'
import { type Statements, statements } from './statements.ts'
import type { WordIndex } from './wordIndex.ts'

/** What an entry gets from its batch. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly ts: number
  /** The event's seq is at least this. */
  readonly firstSeq: number
}

/**
 * The rule of the log: from the state and an entry to the entry's outcome and the rows that change. It is a function of
 * these two alone. It asks no clock, draws no random number and knows no setting of this process, so that two folds
 * which are given the same entries end with the same rows. The transaction around it is the caller's.
 */
export class Fold {
  readonly retentions: RetentionTable
  readonly #index: WordIndex
  readonly #rows: Rows
  readonly #names: NameTable
  readonly #sessions: SessionTable
  readonly #lookalikes: Lookalikes
  readonly #accounts: AccountFold
  readonly #audit: AuditTable
  readonly #sql: Statements
  readonly #insert: StatementSync
  readonly #event: StatementSync
  readonly #ids: EventIds
  readonly #target: StatementSync
  readonly #rooms: RoomTable
  readonly #fill: RoomFill
  readonly #reactions: ReactionTable
  readonly #mentions: MentionTable
  readonly #ending: RoomEnding
  readonly #roomNames: RoomNames
  #epoch = ''
  #last = 0

  constructor(database: DatabaseSync, index: WordIndex) {
    this.#index = index
    this.#rows = new Rows(database)
    this.#names = new NameTable(database)
    this.#sessions = new SessionTable(database, this.#names)
    this.#lookalikes = new Lookalikes(database)
    this.#audit = new AuditTable(database)
    this.#accounts = new AccountFold(database, this.#names, this.#sessions, this.#audit)
    this.retentions = new RetentionTable(database)
    this.#ids = new EventIds(database)
    this.#fill = new RoomFill(database)
    this.#rooms = new RoomTable(database, () => this.#fill.catchUp(this.#last))
    this.#reactions = new ReactionTable(database)
    this.#mentions = new MentionTable(database, this.#names)
    this.#roomNames = new RoomNames(database, this.#rooms, this.#lookalikes)
    this.#ending = new RoomEnding(database, {
      rooms: this.#rooms,
      sessions: this.#sessions,
      index,
      mentions: this.#mentions,
      reactions: this.#reactions,
      fill: this.#fill,
      ids: this.#ids,
    })
    this.#sql = statements(database)
    this.#insert = database.prepare(`
      INSERT INTO events (seq, room, prev, ts, author, action, id, session, target, text, emoji, is_on)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    `)
    this.#event = database.prepare(`${SELECT_EVENTS} WHERE e.seq = ?`)
    this.#target = database.prepare(
      `SELECT room, action, coalesce(into_session, session) AS session, text, deleted
      FROM events LEFT JOIN sessions ON sessions.number = events.session WHERE seq = ?`,
    )
    this.load()
    this.#fill.catchUp(this.#last)
    this.#fill.saved()
  }

  /** The seq of the newest event. */
  get last(): number {
    return this.#last
  }

  /** Whether the log has the name of a person (folded). */
  knows(person: string): boolean {
    return this.#names.find(person) !== undefined
  }

  /** The time that retention noted last, ms since 1970. */
  get clock(): number | undefined {
    return optionalInteger(this.#sql('SELECT clock FROM log').get() ?? {}, 'clock')
  }

  /** What the opening side has to know at once; everything else it reads when it is asked for. */
  contents(): Contents {
    return {
      epoch: this.#epoch,
      last: this.#last,
      lastSession: this.#sessions.last,
      accounts: this.#accounts.contents(),
      unfilled: this.#fill.heads(),
    }
  }

  /** The keys of rooms that were ended, and whose rows are still there. */
  get endingRooms(): readonly string[] {
    return this.#rooms.ending
  }

  /** The filling of what the log notes of rooms behind the commit. */
  get rooms(): Pick<RoomFill, 'fill' | 'isBehind' | 'filled' | 'saved'> {
    return this.#fill
  }

  /** Ends a commit: does not let what comes behind it fall too far behind. */
  keepUp(): void {
    this.#fill.keepUp(this.#last)
  }

  /** Reads the part of the state that memory holds: at the start, and after a transaction was rolled back. */
  load(): void {
    this.#names.forget()
    this.#rooms.forget()
    this.#fill.load()
    this.#sessions.load()
    const log = this.#sql('SELECT epoch, last FROM log').get() ?? {}
    this.#epoch = text(log, 'epoch')
    this.#last = integer(log, 'last')
  }

  /** Writes down the newest seq where it is another than before; for the end of a transaction. */
  saveLast(before: number): void {
    if (this.#last !== before) this.#sql('UPDATE log SET last = ?').run(this.#last)
  }

  /** Applies one entry. Throws what SQLite throws; the transaction is to be rolled back then. */
  apply(entry: Entry, at: Moment): Outcome {
    switch (entry.kind) {
      case 'event':
        return this.#store(entry, at)
      case 'began':
        return { kind: 'began', forgotten: this.#sessions.begin(entry, at.ts) }
      case 'read':
      case 'notify':
        // It was on its way when the room was deleted.
        if (!this.#rooms.isMeant(entry.roomKey, entry.endedAt ?? 0)) return { kind: 'unchanged' }
        return { kind: this.#sessions.apply(entry) ? 'applied' : 'unchanged' }
      case 'forgotten':
      case 'floor':
      case 'left':
        return { kind: this.#sessions.apply(entry) ? 'applied' : 'unchanged' }
      case 'account': {
        const changed = this.#accounts.apply(entry, { ts: at.ts, last: this.#last })
        return changed.ok
          ? { kind: 'account', change: changed.value }
          : { kind: 'refused', error: changed.error }
      }
      case 'retain':
        this.retentions.set(entry.roomKey, entry.retention)
        return { kind: 'applied' }
      case 'forget':
        return this.#forget(entry)
      case 'erase':
        return this.#erase(entry, at)
      case 'endRoom':
        return this.#ending.end(entry.roomKey, this.#last)
      case 'sweep':
        this.#fill.catchUp(this.#last)
        return { kind: 'swept', ...this.#ending.sweep(entry.roomKey, entry.from, entry.limit) }
      case 'renameRoom': {
        const refusal = this.#roomNames.rename(entry)
        if (refusal !== undefined) return { kind: 'refused', error: refusal }
        return this.#note(entry.deed, at)
      }
      case 'deed':
        return this.#note(entry, at)
      case 'clock':
        this.#sql('UPDATE log SET clock = ?').run(entry.time)
        return { kind: 'applied' }
      case 'epoch':
        this.#sql('UPDATE log SET epoch = ?').run(entry.epoch)
        this.#epoch = entry.epoch
        return { kind: 'applied' }
    }
  }

  #note({ deed, target, detail }: OperatorDeed, { ts }: Moment): Outcome {
    const person = target === undefined ? undefined : this.#names.find(target)
    this.#audit.note({ ts, by: undefined, deed, target: person, detail })
    return { kind: 'applied' }
  }

  #store(entry: EventEntry, at: Moment): Outcome {
    const erased = this.#sessions.refuseErased(entry.session)
    if (erased !== undefined) return { kind: 'refused', error: erased }
    const author = this.#names.numberOf(entry.from)
    const { body } = entry
    // A plain new message skips this look-up: the insert finds a repeat. A refused repeat must not leave an empty room.
    const known = this.#rooms.find(entry.roomKey)
    const isMeant = this.#rooms.isMeant(entry.roomKey, entry.endedAt ?? 0)
    if (isChange(body) || known === undefined || !isMeant) {
      const earlier = this.#earlier(author, entry.id)
      if (earlier !== undefined) return this.#repeat(entry, earlier)
    }
    if (!isMeant) return { kind: 'refused', error: roomEnded(entry.roomName) }
    const further = known === undefined ? this.#roomNames.refuseFurther(entry.roomKey) : undefined
    if (further !== undefined) return { kind: 'refused', error: further }
    if (isChange(body)) {
      const target = this.#changeable(entry.roomKey, body.target)
      const allowed = checkChange(body, target, entry.from, entry.session)
      if (!allowed.ok) return { kind: 'refused', error: allowed.error }
    }
    const like = known === undefined ? this.#lookalikes.room(entry.roomKey, entry.roomName) : undefined
    if (like !== undefined) return { kind: 'refused', error: roomLike(entry.roomName, like) }
    const room = known ?? this.#rooms.make(entry.roomKey, entry.roomName)
    const position = this.#nextPosition(room, at)
    if (!this.#insertEvent(room, position, author, entry)) {
      const earlier = this.#earlier(author, entry.id)
      if (earlier === undefined) throw new Error(`event ${position.seq} is there already, and not by its id`)
      return this.#repeat(entry, earlier)
    }
    this.#names.spoke(author)
    if (entry.session !== undefined) this.#sessions.holds(entry.session)
    this.#wasInserted(room, position, author, body)
    return { kind: 'stored', ...position }
  }

  #nextPosition(room: FoldedRoom, { ts, firstSeq }: Moment): Position {
    return { seq: Math.max(this.#last + 1, firstSeq), ts, prev: room.last }
  }

  #earlier(author: number, id: string | undefined): Row | undefined {
    const seq = id === undefined ? undefined : this.#ids.find(id, author)
    return seq === undefined ? undefined : this.#event.get(seq)
  }

  #repeat(entry: EventEntry, earlier: Row): Outcome {
    const [event] = this.#rows.present([earlier], this.#epoch)
    const answer: Result<Stored> =
      event === undefined
        ? refuse('storage_unavailable', 'the log could not be read')
        : answerRepeat(entry, event)
    return answer.ok ? { kind: 'repeat', first: answer.value } : { kind: 'refused', error: answer.error }
  }

  /** False where the author has used the id before. */
  #insertEvent(
    room: FoldedRoom,
    position: Position,
    author: number,
    { body, id, session }: EventEntry,
  ): boolean {
    const target = body.action === 'chat' ? body.replyTo : isChange(body) ? body.target : undefined
    if (id !== undefined && !this.#ids.take(id, author, position.seq)) return false
    this.#insert.run(
      position.seq,
      room.number,
      position.prev,
      position.ts,
      author,
      body.action,
      id ?? null,
      session ?? null,
      target ?? null,
      textOf(body) ?? null,
      body.action === 'react' ? body.emoji : null,
      body.action === 'react' ? Number(body.on) : null,
    )
    return true
  }

  #wasInserted(room: FoldedRoom, { seq }: Position, author: number, body: EventBody): void {
    this.#last = seq
    room.last = seq
    if (body.action === 'chat') {
      this.#index.appended(body.message)
      this.#mentions.add(seq, room.number, author, body.message)
    } else this.#change(room, seq, author, body)
  }

  #changeable(roomKey: string, target: number): Changeable | undefined {
    const row = this.#target.get(target)
    if (row === undefined || row['action'] !== 'chat' || row['room'] !== this.#rooms.find(roomKey)?.number)
      return undefined
    return {
      session: row['session'] === null ? undefined : integer(row, 'session'),
      isDeleted: row['deleted'] !== null,
      reactions: this.#reactions.factsOf(target),
    }
  }

  /** Brings the target of an event to its new state. The text before goes, also from older edits. */
  #change(room: FoldedRoom, seq: number, author: number, body: Exclude<EventBody, { action: 'chat' }>): void {
    switch (body.action) {
      case 'topic':
        this.#sql('UPDATE rooms SET topic = ?, topic_seq = ? WHERE number = ?').run(
          body.topic,
          seq,
          room.number,
        )
        return
      case 'react':
        if (body.on) this.#reactions.add(body.target, body.emoji, author, seq)
        else this.#reactions.remove(body.target, body.emoji, author)
        return
      case 'edit':
      case 'delete':
        return this.#rewrite(room, seq, author, body)
    }
  }

  #rewrite(
    room: FoldedRoom,
    seq: number,
    author: number,
    body: Extract<EventBody, { action: 'edit' | 'delete' }>,
  ): void {
    this.#index.remove(body.target)
    this.#mentions.remove(body.target)
    this.#sql(
      "UPDATE events SET text = NULL WHERE target = ? AND action = 'edit' AND seq <> ? AND text IS NOT NULL",
    ).run(body.target, seq)
    if (body.action === 'edit') {
      this.#sql('UPDATE events SET text = ?, edited = ? WHERE seq = ?').run(body.message, seq, body.target)
      this.#index.add(body.target)
      this.#mentions.add(body.target, room.number, author, body.message)
    } else {
      this.#sql('UPDATE events SET text = NULL, deleted = ? WHERE seq = ?').run(seq, body.target)
      this.#reactions.clear(body.target)
    }
  }

  #forget({ roomKey, upTo, limit }: Extract<MaintenanceEntry, { kind: 'forget' }>): Outcome {
    const room = this.#rooms.find(roomKey)
    if (room === undefined) return { kind: 'forgot', head: undefined }
    this.#fill.catchUp(this.#last)
    const { last } = this.#ending.removeEvents(room.number, upTo, limit)
    if (last === undefined) return { kind: 'forgot', head: undefined }
    this.#rooms.forgot(room, last)
    const head = this.#sql(`${SELECT_HEADS_WITH_TAIL} WHERE number = ?`).get(room.number)
    return { kind: 'forgot', head: head === undefined ? undefined : headOf(head) }
  }

  #erase({ person, from, limit }: Extract<MaintenanceEntry, { kind: 'erase' }>, at: Moment): Outcome {
    const author = this.#names.find(person)
    if (author === undefined) return { kind: 'erased', events: [], next: undefined }
    const { entries, next } = eraseSlice(this.#sql, { author, person, from, limit, last: this.#last })
    const events = entries.flatMap(entry => this.#storeUnchecked(entry, at))
    if (next === undefined) {
      this.#sessions.forgetAll(author)
      this.#accounts.erase(author)
      this.#names.erase(author)
    }
    return { kind: 'erased', events, next }
  }

  /** Stores an event that needs no permission. */
  #storeUnchecked(entry: EventEntry, at: Moment): LoggedEvent[] {
    const room = this.#rooms.find(entry.roomKey)
    if (room === undefined) return []
    const author = this.#names.numberOf(entry.from)
    const position = this.#nextPosition(room, at)
    this.#insertEvent(room, position, author, entry)
    this.#wasInserted(room, position, author, entry.body)
    return [eventOf(entry, position, this.#epoch)]
  }
}
