import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { isBusy, isDamage } from '../files/sqliteErrors.ts'
import { fileName, type Login } from './stateFile.ts'
import type { TimelineSnapshot } from './timeline.ts'

/** How long a write waits for another client of the same name, ms; rooms that are not saved now are saved next time. */
const BUSY_TIMEOUT = 100
/** Rooms that are kept; those saved longest ago are forgotten first. */
const ROOMS_KEPT = 200
/** The version of the layout: a file of another version is replaced by an empty one. */
const VERSION = 1

const reaction = z.object({ names: z.array(z.string()), count: z.number() })

const message = z.object({
  kind: z.literal('message'),
  seq: z.number(),
  ts: z.number(),
  from: z.string(),
  guest: z.literal(true).optional(),
  id: z.string(),
  text: z.string().optional(),
  replyTo: z.number().optional(),
  edited: z.number().optional(),
  reactions: z.record(z.string(), reaction),
  deleted: z.object({ seq: z.number(), by: z.string(), ts: z.number() }).optional(),
  asOf: z.number(),
})

const topic = z.object({
  kind: z.literal('topic'),
  seq: z.number(),
  ts: z.number(),
  from: z.string(),
  topic: z.string(),
})

const keptRoom = z.object({
  name: z.string(),
  title: z.string().optional(),
  epoch: z.string(),
  topic: z.string(),
  read: z.number(),
  timeline: z.object({
    entries: z.array(z.discriminatedUnion('kind', [message, topic])),
    last: z.number(),
    firstPrev: z.number(),
    moreBefore: z.boolean(),
  }),
})

/** The kept part of a room: enough to show it before the server answers, and to request only the rest. */
export interface KeptRoom {
  readonly name: string
  /** What it is called since it was renamed. */
  readonly title?: string | undefined
  readonly epoch: string
  readonly topic: string
  readonly read: number
  readonly timeline: TimelineSnapshot
}

/** Keeps rooms from one start of the program to the next. */
export interface RoomCache {
  /** The kept part of a room, by its key; undefined if there is none. */
  load(roomKey: string): KeptRoom | undefined
  /** The titles of the rooms that were renamed, by key: all of them are shown before their timelines are read. */
  titles(): ReadonlyMap<string, string>
  /** Saves rooms, by key. */
  save(rooms: ReadonlyMap<string, KeptRoom>): void
  /** Forgets a room that was left. */
  forget(roomKey: string): void
}

/**
 * The newest part of each room's timeline, in one file for each name on each server (0600). It is a cache: a damaged file
 * is replaced by an empty one, and no method throws. SQLite overwrites removed rows, so deleted texts leave the file.
 */
export class CacheFile implements RoomCache {
  readonly #path: string
  #database: DatabaseSync | undefined

  /** @param directory exists, and only its owner can read it */
  constructor(directory: string, login: Login) {
    this.#path = join(directory, `${fileName(login)}.db`)
    const opened = openCache(this.#path)
    this.#database = opened === 'unusable' ? beginAfresh(this.#path) : opened
  }

  load(roomKey: string): KeptRoom | undefined {
    return this.#attempt(database => {
      const row = database.prepare('SELECT kept FROM rooms WHERE key = ?').get(roomKey)
      return row === undefined ? undefined : (readKept(String(row['kept'])) as KeptRoom | undefined)
    })
  }

  titles(): ReadonlyMap<string, string> {
    const rows = this.#attempt(database => database.prepare('SELECT key, title FROM titles').all())
    return new Map(rows?.map(row => [String(row['key']), String(row['title'])]))
  }

  save(rooms: ReadonlyMap<string, KeptRoom>): void {
    this.#attempt(database => {
      database.exec('BEGIN IMMEDIATE')
      const put = database.prepare(
        `INSERT INTO rooms (key, seen, kept) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET seen = excluded.seen, kept = excluded.kept`,
      )
      const entitle = database.prepare('INSERT OR REPLACE INTO titles (key, title) VALUES (?, ?)')
      const untitle = database.prepare('DELETE FROM titles WHERE key = ?')
      for (const [key, room] of rooms) {
        put.run(key, Date.now(), JSON.stringify(room))
        if (room.title === undefined) untitle.run(key)
        else entitle.run(key, room.title)
      }
      database
        .prepare('DELETE FROM rooms WHERE key NOT IN (SELECT key FROM rooms ORDER BY seen DESC LIMIT ? + 0)')
        .run(ROOMS_KEPT)
      database.exec('DELETE FROM titles WHERE key NOT IN (SELECT key FROM rooms); COMMIT')
    })
  }

  forget(roomKey: string): void {
    this.#attempt(database => {
      database.prepare('DELETE FROM rooms WHERE key = ?').run(roomKey)
      database.prepare('DELETE FROM titles WHERE key = ?').run(roomKey)
    })
  }

  /** Closes the file. */
  close(): void {
    this.#database?.close()
    this.#database = undefined
  }

  #attempt<T>(work: (database: DatabaseSync) => T): T | undefined {
    const database = this.#database
    if (database === undefined) return undefined
    try {
      return work(database)
    } catch (error) {
      if (isDamage(error)) this.#beginAfresh(database)
      else if (database.isTransaction) database.exec('ROLLBACK')
      return undefined
    }
  }

  /** Damage can show at any read or write: the cache then goes on with an empty file. */
  #beginAfresh(damaged: DatabaseSync): void {
    try {
      damaged.close()
    } catch {}
    this.#database = beginAfresh(this.#path)
  }
}

/** Undefined if another program keeps the file locked: it may hold good rooms. Unusable: damaged, or of another version. */
function openCache(path: string): DatabaseSync | 'unusable' | undefined {
  try {
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
    chmodSync(path, 0o600)
    // A write-ahead log would keep deleted texts. A cache need not wait for the disk.
    database.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON')
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
    if (version === 0) {
      database.exec(`
        CREATE TABLE IF NOT EXISTS rooms (key TEXT PRIMARY KEY, seen INTEGER NOT NULL, kept TEXT NOT NULL) STRICT;
        PRAGMA user_version = ${VERSION}
      `)
    }
    if (version === 0 || version === VERSION) {
      // Clients before renames read and write the rest of such a file.
      database.exec('CREATE TABLE IF NOT EXISTS titles (key TEXT PRIMARY KEY, title TEXT NOT NULL) STRICT')
      return database
    }
    database.close()
    return 'unusable'
  } catch (error) {
    return isBusy(error) ? undefined : 'unusable'
  }
}

function beginAfresh(path: string): DatabaseSync | undefined {
  try {
    for (const tail of ['', '-journal']) rmSync(path + tail, { force: true })
  } catch {
    return undefined
  }
  const opened = openCache(path)
  return opened === 'unusable' ? undefined : opened
}

function readKept(text: string): z.infer<typeof keptRoom> | undefined {
  try {
    return keptRoom.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
