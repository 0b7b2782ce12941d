const CORRUPT = 11
const NOT_A_DATABASE = 26
/** Extended codes of an I/O error: the file is shorter than it was, or the file system found damage. */
const SHORT_READ = 522
const DAMAGED_FILE_SYSTEM = 8458

/** Whether an error of SQLite says that the file is damaged. The codes are those of sqlite.org/rescode.html. */
export function isDamaged(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false
  const { errcode } = error
  return (
    errcode === SHORT_READ ||
    errcode === DAMAGED_FILE_SYSTEM ||
    [CORRUPT, NOT_A_DATABASE].includes(errcode & 0xff)
  )
}
