/**
 * A note beside the log that it was closed cleanly, as it lies there now. The next start then need not look at every page.
 * See docs/decisions/look-after-an-unclean-end.md.
 */

import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncPath } from '../../../files/syncPath.ts'

const noteOf = (file: string): string => `${file}.clean`

/** Writes the note, for a log that was just closed. Without it the next start looks at every page. */
export function noteCleanStop(file: string): void {
  try {
    const identity = identityOf(file)
    rmSync(noteOf(file), { force: true })
    if (identity !== undefined) writeFileSync(noteOf(file), identity, { mode: 0o600 })
  } catch {}
}

/**
 * Takes the note away, before the log is opened for writing. True if there was one and the file is still the one that was
 * closed: not restored, replaced or written since.
 */
export function takeCleanStop(file: string): boolean {
  const note = noteOf(file)
  try {
    const isSame = fits(note, file)
    rmSync(note)
    // Written through: after a power failure the note must not be there again.
    syncPath(dirname(file))
    return isSame
  } catch {
    // None, or one that cannot be taken away.
    return false
  }
}

function fits(note: string, file: string): boolean {
  try {
    return readFileSync(note, 'utf8') === identityOf(file)
  } catch {
    // Another user's, as after a command that root ran.
    return false
  }
}

/** What tells one state of a log from all others; undefined while its write-ahead log holds something. */
function identityOf(file: string): string | undefined {
  const wal = statSync(`${file}-wal`, { throwIfNoEntry: false })
  if (wal !== undefined && wal.size > 0) return undefined
  const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}\n`
}
