import { createHash } from 'node:crypto'
import { chmodSync, existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { isBusy, isDamage } from '../files/sqliteErrors.ts'
import { encodeFrame, requestDecoder } from '../protocol/codec.ts'
import { foldName } from '../protocol/names.ts'
import { EVENT_REQUESTS, type EventRequest } from '../protocol/requests.ts'
import { adoptDrafts, appended, type Composed, readComposed, writeComposed } from './drafts.ts'
import type { OutboxEntry, OutboxStore } from './outbox.ts'
import { isAlive, ownProcess } from './ownProcess.ts'
import { STATE_STEPS } from './stateSchema.ts'

/** Most file systems allow 255 bytes in a name; SQLite appends endings to it. */
const MAX_FILE_NAME = 200
/**
 * How long a write waits for another client of the same name, ms; the screen stands still meanwhile. Another client needs
 * some 10 ms. A program that keeps the file longer is not waited for a second time.
 */
const BUSY_TIMEOUT = 200
/** How often delayed writes are tried again, ms. */
const RETRY_MS = 500

/** Before the names of settings among the facts. */
const SETTING = 'set '

/** A name on a server. */
export interface Login {
  readonly host: string
  readonly port: number
  readonly username: string
}

/** The session and the rooms of the last start. */
export interface Saved {
  /** The secret of the session; absent before the first `welcome`. */
  readonly session?: string | undefined
  /** Names of the rooms, in the order of the sidebar. */
  readonly rooms: readonly string[]
  /** The name of the room that was shown last. */
  readonly current?: string | undefined
}

/** Changes rows, within a transaction. Done a second time it changes nothing. */
type Change = (database: DatabaseSync) => unknown

/**
 * The state of one name on one server, in an SQLite file (0600) that several clients can use at once: the session, the
 * rooms, the unsent messages, drafts and sent texts. A write is on disk when the call returns. No method throws; if the
 * file cannot be used, nothing is kept and `onTrouble` is called once.
 */
export class StateFile implements OutboxStore {
  readonly path: string
  readonly #onTrouble: (message: string) => void
  #database: DatabaseSync | undefined
  #troubled = false
  /** Writes that could not be made, as while the file is locked or the disk is full, in order. */
  readonly #delayed: Change[] = []
  #retry: NodeJS.Timeout | undefined
  /** The sent texts of each room that the file has from this process, or had at its start. */
  readonly #sent = new Map<string, readonly string[]>()

  /** @param directory exists, and only its owner can read it */
  constructor(directory: string, login: Login, onTrouble: (message: string) => void) {
    this.path = join(directory, `${fileName(login)}.db`)
    this.#onTrouble = onTrouble
    this.#database = this.#open()
  }

  /** The saved session and rooms. */
  get saved(): Saved {
    const facts = new Map(
      this.#all('SELECT name, value FROM facts').map(row => [String(row['name']), String(row['value'])]),
    )
    const rooms = this.#all('SELECT name FROM rooms ORDER BY place').map(row => String(row['name']))
    const session = facts.get('session')
    const current = facts.get('current')
    return {
      ...(session === undefined ? {} : { session }),
      rooms,
      ...(current === undefined ? {} : { current }),
    }
  }

  /** Saves the given fields; undefined fields stay as they are. False if that fails. */
  update({ session, rooms, current }: Partial<Saved>): boolean {
    return this.#write(database => {
      const put = database.prepare(
        'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      )
      if (session !== undefined) put.run('session', session)
      if (current !== undefined) put.run('current', current)
      if (rooms === undefined) return
      database.exec('DELETE FROM rooms')
      const add = database.prepare('INSERT INTO rooms (name) VALUES (?)')
      for (const room of rooms) add.run(room)
    })
  }

  /**
   * Takes over the unsent entries of clients that have ended. Entries of a client that still runs stay with it.
   */
  adopt(): OutboxEntry[] {
    const own = ownProcess()
    let rows: Readonly<Record<string, unknown>>[] = []
    this.#write(database => {
      const owners = database.prepare('SELECT DISTINCT owner FROM outbox').all()
      const take = database.prepare('UPDATE outbox SET owner = ? WHERE owner = ?')
      for (const { owner } of owners) if (!isAlive(String(owner))) take.run(own, String(owner))
      rows = database.prepare('SELECT * FROM outbox WHERE owner = ? ORDER BY place').all(own)
    })
    return rows.flatMap(row => entryOf(row) ?? [])
  }

  put({ id, roomKey, request, ts, state }: OutboxEntry): boolean {
    const [code, message] = state.status === 'failed' ? [state.code, state.message] : [null, null]
    return this.#writeOrDelay(database =>
      database
        .prepare(
          `INSERT INTO outbox (id, room, request, ts, code, message, owner) VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET code = excluded.code, message = excluded.message`,
        )
        .run(id, roomKey, encodeFrame(request), ts, code, message, ownProcess()),
    )
  }

  replace(oldId: string, { id, request, ts }: OutboxEntry): boolean {
    return this.#writeOrDelay(database =>
      database
        .prepare('UPDATE outbox SET id = ?, request = ?, ts = ?, code = NULL, message = NULL WHERE id = ?')
        .run(id, encodeFrame(request), ts, oldId),
    )
  }

  remove(id: string): void {
    this.#writeOrDelay(database => database.prepare('DELETE FROM outbox WHERE id = ?').run(id))
  }

  /** Drafts and sent texts, by the key of the room. Takes over the drafts of processes that have ended. */
  composed(): Map<string, Composed> {
    const own = ownProcess()
    this.#write(database => adoptDrafts(database, own))
    const composed = this.#read(database => readComposed(database, own)) ?? new Map<string, Composed>()
    for (const [room, { inputs }] of composed) this.#sent.set(room, inputs)
    return composed
  }

  /** Saves the drafts and newly sent texts of some rooms; false if that fails. */
  keepComposed(composed: ReadonlyMap<string, Composed>): boolean {
    const own = ownProcess()
    const isKept = this.#write(database => {
      for (const [room, one] of composed)
        writeComposed(database, own, room, one, appended(this.#sent.get(room) ?? [], one.inputs))
    })
    if (isKept) for (const [room, { inputs }] of composed) this.#sent.set(room, inputs)
    return isKept
  }

  /** Rooms that were left and whose leave the server has not confirmed: the name by the key. */
  leaves(): Map<string, string> {
    return new Map(
      this.#all('SELECT room, name FROM leaves').map(row => [String(row['room']), String(row['name'])]),
    )
  }

  /** What the user has set, by name. */
  settings(): ReadonlyMap<string, string> {
    const rows = this.#all(
      `SELECT substr(name, ${SETTING.length + 1}) AS name, value FROM facts WHERE name GLOB '${SETTING}*'`,
    )
    return new Map(rows.map(row => [String(row['name']), String(row['value'])]))
  }

  /** Keeps a setting. */
  keepSetting(name: string, value: string): void {
    this.#writeOrDelay(database =>
      database.prepare('INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)').run(SETTING + name, value),
    )
  }

  /** Other addresses of the server, as its daemons told them last. */
  peers(): readonly string[] {
    const [row] = this.#all("SELECT value FROM facts WHERE name = 'peers'")
    return row === undefined ? [] : String(row['value']).split(' ')
  }

  /** Keeps them for the next start. */
  keepPeers(peers: readonly string[]): void {
    this.#writeOrDelay(database =>
      database.prepare("INSERT OR REPLACE INTO facts (name, value) VALUES ('peers', ?)").run(peers.join(' ')),
    )
  }

  /** Keeps a leave until the server has confirmed it. */
  keepLeave(roomKey: string, name: string): void {
    this.#writeOrDelay(database =>
      database.prepare('INSERT OR REPLACE INTO leaves (room, name) VALUES (?, ?)').run(roomKey, name),
    )
  }

  /** Forgets a leave that was confirmed, or taken back. */
  forgetLeave(roomKey: string): void {
    this.#writeOrDelay(database => database.prepare('DELETE FROM leaves WHERE room = ?').run(roomKey))
  }

  /** Closes the file, after the delayed writes. */
  close(): void {
    clearTimeout(this.#retry)
    this.#waits(true)
    if (this.#delayed.length > 0) this.#write(() => {})
    this.#database?.close()
    this.#database = undefined
  }

  #open(): DatabaseSync | undefined {
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(this.path, { timeout: BUSY_TIMEOUT })
      chmodSync(this.path, 0o600)
      // Checks the whole file, which is small: damage would otherwise be found only later, and at every start.
      const isWhole = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] === 'ok'
      if (!isWhole) {
        database.close()
        if (this.#putAside()) return this.#open()
        this.#trouble(`${this.path} is damaged and cannot be put aside`)
        return undefined
      }
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON')
      // A file of this layout is only read: another program may have locked it against writing.
      if (layoutOf(database) === STATE_STEPS.length) return database
      database.exec('BEGIN IMMEDIATE')
      const version = layoutOf(database)
      if (version > STATE_STEPS.length) {
        database.close()
        this.#trouble(`${this.path} was written by a newer chat-tui`)
        return undefined
      }
      for (const step of STATE_STEPS.slice(version)) database.exec(step)
      database.exec(`PRAGMA user_version = ${STATE_STEPS.length}; COMMIT`)
      return database
    } catch (error) {
      database?.close()
      if (isDamage(error) && this.#putAside()) return this.#open()
      this.#trouble(`cannot use ${this.path}: ${reasonOf(error)}`)
      return undefined
    }
  }

  #putAside(): boolean {
    const aside = `${this.path}.damaged`
    try {
      renameSync(this.path, aside)
      for (const tail of ['-wal', '-shm'])
        if (existsSync(this.path + tail)) renameSync(this.path + tail, aside + tail)
      this.#onTrouble(`what was remembered is damaged and was put aside as ${aside}; starting afresh`)
      return true
    } catch {
      return false
    }
  }

  /** Makes a change, after the delayed ones, in one transaction; false if it is not saved. */
  #write(change: Change): boolean {
    try {
      return this.#commit(change)
    } catch (error) {
      if (isDamage(error) && this.#beginAfresh()) return this.#repeat(change)
      if (isBusy(error)) this.#waits(false)
      this.#trouble(`cannot write ${this.path}: ${reasonOf(error)}`)
      return false
    }
  }

  /** The same; a change that finds the file locked, or no room, is made later. */
  #writeOrDelay(change: Change): boolean {
    const isSaved = this.#write(change)
    if (!isSaved && this.#database !== undefined) {
      this.#delayed.push(change)
      this.#retryLater()
    }
    return isSaved
  }

  #repeat(change: Change): boolean {
    try {
      return this.#commit(change)
    } catch (error) {
      this.#trouble(`cannot write ${this.path}: ${reasonOf(error)}`)
      return false
    }
  }

  /** @throws an error of SQLite; nothing is changed then */
  #commit(change: Change): boolean {
    const database = this.#database
    if (database === undefined) return false
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const one of [...this.#delayed, change]) one(database)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
    if (this.#delayed.length > 0 || this.#troubled) this.#waits(true)
    this.#delayed.length = 0
    this.#troubled = false
    return true
  }

  #retryLater(): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      if (this.#delayed.length > 0 && !this.#write(() => {})) this.#retryLater()
    }, RETRY_MS).unref()
  }

  /** Whether writes wait for a lock of another program. */
  #waits(isOn: boolean): void {
    this.#database?.exec(`PRAGMA busy_timeout = ${isOn ? BUSY_TIMEOUT : 0}`)
  }

  #read<T>(read: (database: DatabaseSync) => T): T | undefined {
    try {
      return this.#database === undefined ? undefined : read(this.#database)
    } catch (error) {
      if (isDamage(error)) this.#beginAfresh()
      else this.#trouble(`cannot read ${this.path}: ${reasonOf(error)}`)
      return undefined
    }
  }

  #all(sql: string, ...values: readonly SQLInputValue[]): Readonly<Record<string, unknown>>[] {
    return this.#read(database => database.prepare(sql).all(...values)) ?? []
  }

  /** Puts a damaged file aside and opens a new one; false if that fails. */
  #beginAfresh(): boolean {
    try {
      this.#database?.close()
    } catch {}
    this.#database = this.#putAside() ? this.#open() : undefined
    return this.#database !== undefined
  }

  #trouble(message: string): void {
    if (this.#troubled) return
    this.#troubled = true
    this.#onTrouble(`${message}; what you send and write now is not kept when this program ends`)
  }
}

function layoutOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

/** The entry of a row; undefined for a row that cannot be read, which stays in the file. */
function entryOf(row: Readonly<Record<string, unknown>>): OutboxEntry | undefined {
  const { id, room, request, ts, code, message } = row
  const decoder = requestDecoder(Number.POSITIVE_INFINITY)
  decoder.push(Buffer.from(`${String(request)}\n`))
  const decoded = decoder.next()
  if (decoded?.ok !== true || !isEventRequest(decoded.frame) || typeof ts !== 'number') return undefined
  return {
    id: String(id),
    roomKey: String(room),
    request: decoded.frame,
    ts,
    state:
      typeof code === 'string' ? { status: 'failed', code, message: String(message) } : { status: 'waiting' },
  }
}

function isEventRequest(request: { readonly action: string }): request is EventRequest {
  return (EVENT_REQUESTS as readonly string[]).includes(request.action)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The file name of a login. It contains no path, whatever the host and the name are, and is unique: commas are encoded. */
export function fileName({ host, port, username }: Login): string {
  const readable = [host.toLowerCase(), String(port), foldName(username)].map(encodeURIComponent).join(',')
  if (readable.length <= MAX_FILE_NAME) return readable
  return createHash('sha256').update(readable).digest('hex')
}
