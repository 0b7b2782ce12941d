/** What an error of SQLite means, by its result code (sqlite.org/rescode.html). The messages differ between versions. */

const BUSY = 5
const CORRUPT = 11
const FULL = 13
const NOT_A_DATABASE = 26
/** Extended codes of an I/O error: the file is shorter than it was, or the file system found damage. */
const SHORT_READ = 522
const DAMAGED_FILE_SYSTEM = 8458

/** Whether another connection holds a lock on the file. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY
}

/** Whether there is no room on the disk. */
export function isDiskFull(error: unknown): boolean {
  return primaryCode(error) === FULL
}

/** Whether the file is damaged, or no database at all. */
export function isDamage(error: unknown): boolean {
  const primary = primaryCode(error)
  if (primary === CORRUPT || primary === NOT_A_DATABASE) return true
  const extended = resultCode(error)
  return extended === SHORT_READ || extended === DAMAGED_FILE_SYSTEM
}

function primaryCode(error: unknown): number | undefined {
  const code = resultCode(error)
  return code === undefined ? undefined : code & 0xff
}

/** The result code of an error of SQLite, extended where it has one; undefined for other errors. */
export function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined
}
