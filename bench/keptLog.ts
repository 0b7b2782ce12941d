import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { syncPath } from '../src/files/syncPath.ts'
import { logFile } from '../src/server/dataDirectory.ts'
import { noteCleanStop } from '../src/server/log/sqlite/cleanStop.ts'
import { SCHEMA_VERSION } from '../src/server/log/sqlite/schema.ts'
import { fillLog } from './longLog.ts'
import { counted, type Sizes, scaled } from './sizes.ts'

/** The rooms of the long log, and those who said something there. */
const ROOMS = 10_000
const AUTHORS = 2_000
/** Below the directory for temporary files. */
const KEPT = 'chat-tui-bench-logs'

/** A copy of a log, which a part may change. */
export interface LogCopy {
  readonly directory: string
  /** How many events it had when it was copied. */
  readonly events: number
  readonly rooms: number
  readonly authors: number
  remove(): void
}

/** The names in a long log. */
export const roomName = (n: number): string => `room${n}`
/** The same for its people. */
export const authorName = (n: number): string => `user${n}`

/**
 * Copies a log of so many events, over all rooms and authors of the long log. Filling ten millions takes minutes, so a log
 * is filled once and kept, and no part writes to it.
 */
export function copyLog(events: number, sizes: Sizes): LogCopy {
  const rooms = scaled(ROOMS, sizes)
  const authors = scaled(AUTHORS, sizes)
  const kept = logFile(keptDirectory(events, rooms, authors, sizes))
  const wal = statSync(`${kept}-wal`, { throwIfNoEntry: false })
  if (wal !== undefined && wal.size > 0) throw new Error(`${kept} is in use, or was not closed`)
  const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
  const copy = logFile(directory)
  copyFileSync(kept, copy, constants.COPYFILE_FICLONE)
  // What the kernel has not written yet would be written during the measurement.
  syncPath(copy)
  const last = lastSeq(copy)
  noteCleanStop(copy)
  return {
    directory,
    events: last,
    rooms,
    authors,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** Copies a log with one event in each room, and with all authors: what a room or a name costs at first is paid. */
export function copyEmptyLog(sizes: Sizes): LogCopy {
  return copyLog(scaled(ROOMS, sizes), { ...sizes, log: undefined })
}

function keptDirectory(events: number, rooms: number, authors: number, sizes: Sizes): string {
  const own = sizes.log !== undefined && events === sizes.events ? sizes.log : undefined
  const directory = own ?? join(tmpdir(), KEPT, `${events}-${rooms}-${authors}-layout${SCHEMA_VERSION}`)
  if (existsSync(logFile(directory))) return directory
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw new Error(`${directory} holds no log, but other things`)
  const filling = `${directory}.filling`
  rmSync(filling, { recursive: true, force: true })
  mkdirSync(filling, { recursive: true, mode: 0o700 })
  process.stderr.write(`filling a log of ${counted(events)} events, which is kept: ${directory}\n`)
  fillLog(filling, events, n => roomName(roomOf(n, rooms)), { authors, hasIds: true })
  renameSync(filling, directory)
  return directory
}

/** The first messages visit each room; the rooms of the others follow no order. */
function roomOf(n: number, rooms: number): number {
  if (n <= rooms) return n - 1
  const mixed = Math.imul(n ^ (n >>> 15), 0x2c1b3c6d)
  return ((mixed ^ (mixed >>> 12)) >>> 0) % rooms
}

function lastSeq(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return Number(database.prepare('SELECT last FROM log').get()?.['last'])
  } finally {
    database.close()
    // A reader of a log in this mode leaves its own files beside it.
    for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
  }
}
