import { accessSync, chmodSync, constants, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isBusy, isDamage, isDiskFull } from '../../../files/sqliteErrors.ts'
import { syncPath } from '../../../files/syncPath.ts'
import { takeCleanStop } from './cleanStop.ts'
import { followingOf, isMoving } from './projectionFile.ts'
import { migrate, SCHEMA_VERSION, schemaVersion } from './schema.ts'

/** How long a statement waits for another process that locks the file (a copy, an operator's shell), ms. */
const BUSY_TIMEOUT = 5_000
const CHECKPOINT_TIMEOUT = 50
/** `PRAGMA synchronous` as it is read back. */
const SYNCHRONOUS_FULL = 2
const ADVICE = 'it was left as it is: restore a backup in its place, or move it away to begin an empty log'
/** A write-ahead log that grew beyond this, as while a backup was stopped half way, shrinks to it again; bytes. */
const WAL_KEPT = 16 * 1024 * 1024
/** The cache of one connection; negative: KiB. */
const CACHE_KIB = -16_384

/** The file cannot be used as the log; the message is a sentence that says what to do. The opening thread catches it. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile'
}

/** What a file of a log is: the log itself, or what one daemon made of a shared log. */
export type LogFileKind = 'log' | 'projection'

/** Opens the log for the writer: makes or migrates it, and asserts that commits reach the disk. */
export function openForWriting(file: string, epoch: string, kind: LogFileKind = 'log'): DatabaseSync {
  return explaining(file, () => {
    refuseHalfSaved(file)
    const isNew = !existsSync(file)
    if (isNew) makeFile(file, epoch)
    // SQLite takes an empty file for a new one, and throws away a write-ahead log beside it.
    if (statSync(file).size === 0) throw new UnusableFile(`${file} is damaged (it is empty); ${ADVICE}`)
    accessSync(file, constants.W_OK)
    const isAsItWasClosed = isNew || takeCleanStop(file)
    withConnection(file, database => {
      refuseNewer(file, database)
      refuseForeign(file, database)
      refuseOtherKind(file, database, kind)
      if (!isAsItWasClosed) refuseDamaged(file, database)
    })
    if (!isNew) refuseShared(file)
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT })
    try {
      database.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA secure_delete = ON;
        PRAGMA cache_size = ${CACHE_KIB};
        PRAGMA temp_store = MEMORY;
        PRAGMA journal_size_limit = ${WAL_KEPT};
      `)
      // Builds of SQLite have other defaults, and some ignore these settings.
      const mode = database.prepare('PRAGMA journal_mode').get()?.['journal_mode']
      const synchronous = database.prepare('PRAGMA synchronous').get()?.['synchronous']
      if (mode !== 'wal' || synchronous !== SYNCHRONOUS_FULL) {
        throw new UnusableFile(
          `${file} cannot be written safely (journal ${String(mode)}, synchronous ${String(synchronous)}); ` +
            'keep it on a local file system',
        )
      }
      migrate(database, epoch)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/**
 * Makes an empty log under another name, and gives it its own once it is whole on the disk: a process may be killed at any
 * moment of a first start, and the next start is a first one again, or finds a log.
 */
function makeFile(file: string, epoch: string): void {
  const rescued = rescuedFile(file)
  if (existsSync(rescued))
    throw new UnusableFile(
      `${file} is gone, and ${rescued} is there, which chatd saved from it: rename it to ${file}, or move it away to begin an empty log`,
    )
  const making = `${file}.making`
  const remove = (): void => {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${making}${end}`, { force: true })
  }
  remove()
  try {
    const database = new DatabaseSync(making)
    try {
      chmodSync(making, 0o600)
      migrate(database, epoch)
    } finally {
      database.close()
    }
    // What belonged to a log that is no longer there must not be taken for a part of this one.
    for (const end of ['-wal', '-shm', '-journal']) rmSync(`${file}${end}`, { force: true })
    renameSync(making, file)
  } catch (error) {
    remove()
    throw error
  }
  syncPath(dirname(file))
}

function withConnection(file: string, work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT })
  try {
    work(database)
  } finally {
    database.close()
  }
}

/** Where a daemon saves a log that lost its file while it ran: it is whole there. */
export function rescuedFile(file: string): string {
  return `${file}.rescued`
}

/** Where it is until it is whole. */
export function savingFile(file: string): string {
  return `${file}.saving`
}

/** Refuses to go on with what is left of a log that a daemon could not save to the end. */
function refuseHalfSaved(file: string): void {
  const saving = savingFile(file)
  if (existsSync(saving))
    throw new UnusableFile(
      `files of ${file} were removed while chatd ran, and chatd could not save all of them: restore a backup and remove ${saving}; without a backup, remove it to go on with what is left`,
    )
}

/**
 * Refuses a log that another process has open for writing or reading, whatever became of the lock of the directory: two
 * daemons on one log would each number its events.
 */
function refuseShared(file: string): void {
  try {
    // In this mode SQLite takes the whole file, which it gets only where no other connection has it, and keeps it until the
    // connection is closed.
    withConnection(file, database =>
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT'),
    )
  } catch (error) {
    if (!isBusy(error)) throw error
    throw new UnusableFile(
      `${file} is in use by another program, perhaps by a chatd whose lock was removed; end that one first`,
    )
  }
}

/** Opens the log for reading beside the writer. */
export function openForReading(file: string): DatabaseSync {
  return explaining(file, () => {
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT })
    database.exec(`PRAGMA cache_size = ${CACHE_KIB}; PRAGMA temp_store = MEMORY`)
    return database
  })
}

/**
 * Moves all of the write-ahead log into the file and truncates it; false where a reader is in the way. It waits for a
 * reader only briefly, since nothing can be committed meanwhile.
 */
export function emptyWriteAheadLog(database: DatabaseSync): boolean {
  database.exec(`PRAGMA busy_timeout = ${CHECKPOINT_TIMEOUT}`)
  try {
    return database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
  }
}

function refuseNewer(file: string, database: DatabaseSync): void {
  const version = schemaVersion(database)
  if (version <= SCHEMA_VERSION) return
  throw new UnusableFile(
    `${file} was written by a newer chatd (layout ${version}, this one knows ${SCHEMA_VERSION}); ` +
      'install that version, or restore a backup made by this one',
  )
}

/** Looks at every page, about a second for a million events: the writer must not write into a damaged file. */
function refuseDamaged(file: string, database: DatabaseSync): void {
  const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
  if (found === 'ok') return
  const what = String(found)
    .replaceAll(/\*+ in database main \*+|\s+/g, ' ')
    .trim()
  throw new UnusableFile(`${file} is damaged (${what}); ${ADVICE}`)
}

/** A file that holds tables but no version is another program's. */
function refuseForeign(file: string, database: DatabaseSync): void {
  if (schemaVersion(database) > 0 || database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined)
    return
  throw new UnusableFile(
    `${file} belongs to another program; move it away, or choose another directory with --data`,
  )
}

/** A file that follows a shared log must not go its own way, nor a log of its own be taken for one that follows. */
function refuseOtherKind(file: string, database: DatabaseSync, kind: LogFileKind): void {
  const following = followingOf(database)
  if (kind === 'log' && following !== undefined)
    throw new UnusableFile(
      isMoving(following)
        ? `${file} is on its way to brokers: finish that with chatd cluster move, or take it back with chatd cluster move --back`
        : `${file} follows a shared log, and changes only together with it: start chatd with --log, and run commands while it runs; chatd cluster move --back makes it a log of its own`,
    )
  if (kind === 'log' || following !== undefined) return
  if (database.prepare('SELECT 1 FROM events UNION ALL SELECT 1 FROM names').get() !== undefined)
    throw new UnusableFile(
      `${file} is a log of its own: move it to the brokers with chatd cluster move, or choose an empty directory with --data`,
    )
}

/** Runs an opening of the file; where it fails, throws {@link UnusableFile} with what to do about it. */
export function explaining<T>(file: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (error instanceof UnusableFile) throw error
    const reason = error instanceof Error ? error.message : String(error)
    if (isDamage(error)) throw new UnusableFile(`${file} is damaged (${reason}); ${ADVICE}`)
    if (isDiskFull(error))
      throw new UnusableFile(`${file} cannot be opened: the disk is full; make room first`)
    throw new UnusableFile(
      `${file} cannot be opened (${reason}); check its owner, and that its disk can be written`,
    )
  }
}
