import { constants, copyFileSync, lstatSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { isRunning } from '../../../files/isRunning.ts'

/** How long a statement waits for another process that locks the file, ms. */
const BUSY_TIMEOUT = 5_000

/** A file of a log that is opened to look at it or to copy it. The file and its directory stay as they are. */
export interface UntouchedLog {
  readonly database: DatabaseSync
  close(): void
}

/**
 * Opens a file of a log, in use or not, without writing to it or beside it. A connection of SQLite that only reads makes files
 * beside a log that has none, and leaves them there.
 */
export function openUntouched(file: string): UntouchedLog {
  const wal = sizeOf(`${file}-wal`)
  if (isLive(file)) {
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT })
    return { database, close: () => database.close() }
  }
  return wal === undefined || wal === 0 ? openFixed(file) : openCopy(file)
}

/** Whether a log is in use, or was when its daemon was killed: its readers see one moment of it then. */
export function isLive(file: string): boolean {
  return sizeOf(`${file}-wal`) !== undefined && sizeOf(`${file}-shm`) !== undefined
}

/** Without a write-ahead log the file is all. */
function openFixed(file: string): UntouchedLog {
  const address = pathToFileURL(file)
  address.searchParams.set('immutable', '1')
  const database = new DatabaseSync(address, { readOnly: true })
  return { database, close: () => database.close() }
}

/**
 * A log that was copied by hand with its write-ahead log, as in a snapshot of a disk. SQLite reads the two together only where it
 * can write beside them.
 */
function openCopy(file: string): UntouchedLog {
  const directory = makeTemporary('check')
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  try {
    const copy = join(directory, 'chatd.db')
    for (const end of ['', '-wal']) copyFileSync(file + end, copy + end, constants.COPYFILE_FICLONE)
    const database = new DatabaseSync(copy)
    return {
      database,
      close() {
        database.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

function temporaryNames(): readonly string[] {
  try {
    return readdirSync(tmpdir())
  } catch {
    // This user may write there, and not list what is there.
    return []
  }
}

/** Makes a directory for a copy of a log, for this user alone, and removes those of processes that were killed. */
export function makeTemporary(what: 'check' | 'restore'): string {
  removeRemains()
  return mkdtempSync(join(tmpdir(), `chatd-${what}-${process.pid}-`))
}

/** Removes the copies of earlier commands that were killed: they hold everything that was said, and can be large. */
function removeRemains(): void {
  for (const name of temporaryNames()) {
    const pid = Number(/^chatd-(?:check|restore)-(\d+)-\w{6}$/.exec(name)?.[1])
    if (!Number.isInteger(pid) || pid === process.pid || isRunning(pid)) continue
    const path = join(tmpdir(), name)
    try {
      const found = lstatSync(path)
      // Others may write there too, and have such names.
      if (found.isDirectory() && found.uid === process.getuid?.()) rmSync(path, { recursive: true })
    } catch {
      // Another command removes it too.
    }
  }
}

function sizeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size
  } catch {
    // This user may not see it: opening the log tells why.
    return undefined
  }
}
