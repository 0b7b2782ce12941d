import { statSync } from 'node:fs'
import { join } from 'node:path'
import { backupDirectory, logFile } from '../dataDirectory.ts'
import { layoutInHeader } from '../log/sqlite/logFileReport.ts'
import { SCHEMA_VERSION } from '../log/sqlite/schema.ts'
import { backUpInto, backupsIn, bytesOf, missingRoom } from './backupDirectory.ts'

const KEPT = 2
/** The new layout needs room beside the copy. */
const ROOM = 1.5
const MORE_ROOM = 16 * 1024 * 1024

/** What became of the copy before a migration. */
export type MigrationBackup =
  | { readonly kind: 'made'; readonly layout: number; readonly file: string }
  | { readonly kind: 'there'; readonly layout: number; readonly file: string }
  /** A sentence; the migration goes on. */
  | { readonly kind: 'none'; readonly layout: number; readonly reason: string }

/**
 * Copies a log of an older layout before it is opened, which brings it to the newest. Undefined where it has the newest, or where
 * there is none: to see that costs a read of a few bytes. The caller holds the lock of the directory.
 */
export async function backUpBeforeMigration(directory: string): Promise<MigrationBackup | undefined> {
  const log = logFile(directory)
  const layout = olderLayout(log)
  if (layout === undefined) return undefined
  const target = backupDirectory(directory)
  const there = sameLog(log, target, layout)
  // A start that fails again and again does not fill the disk.
  if (there !== undefined) return { kind: 'there', layout, file: there }
  const none = (reason: string): MigrationBackup => ({ kind: 'none', layout, reason })
  try {
    const missing = missingRoom(target, bytesOf(log) * ROOM + MORE_ROOM)
    if (missing !== undefined) return none(missing)
    const prefix = `chatd-before-layout-${SCHEMA_VERSION}-`
    const made = await backUpInto(log, {
      directory: target,
      owner: directory,
      keep: KEPT,
      kind: 'beforeMigration',
      prefix,
    })
    return made.ok ? { kind: 'made', layout, file: made.value.file } : none(made.error.message)
  } catch (error) {
    return none(error instanceof Error ? error.message : String(error))
  }
}

/** What became of the copy, in words. */
export function describeMigrationBackup(backup: MigrationBackup): string {
  return backup.kind === 'none'
    ? `the layout of the log changes, and there is no copy of it as it was: ${backup.reason}`
    : `the layout of the log changes; a copy of it as it was is ${backup.file}`
}

/** The layout of a log that is older than the newest. */
function olderLayout(log: string): number | undefined {
  try {
    const layout = layoutInHeader(log)
    return layout !== undefined && layout > 0 && layout < SCHEMA_VERSION ? layout : undefined
  } catch {
    // There is no log, or opening it tells why it cannot be read.
    return undefined
  }
}

/** A copy that was made before, after the last change of the log. */
function sameLog(log: string, directory: string, layout: number): string | undefined {
  const [newest] = backupsIn(directory, 'beforeMigration')
  if (newest === undefined) return undefined
  try {
    const file = join(directory, newest.name)
    const isLater = statSync(file).mtimeMs > changedAt(log)
    return isLater && layoutInHeader(file) === layout ? file : undefined
  } catch {
    return undefined
  }
}

function changedAt(log: string): number {
  const wal = statSync(`${log}-wal`, { throwIfNoEntry: false })
  return Math.max(statSync(log).mtimeMs, wal !== undefined && wal.size > 0 ? wal.mtimeMs : 0)
}
