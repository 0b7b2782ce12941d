import { basename } from 'node:path'
import { logFile } from '../dataDirectory.ts'
import type { Logger } from '../logger.ts'
import { removeParts } from './backup.ts'
import { backUpBeforeMigration, describeMigrationBackup } from './migrationBackup.ts'
import { movingFile, removeRestoreRemains } from './replaceLog.ts'
import { removeCopy } from './wholeCopy.ts'

/**
 * What comes before a daemon opens its log: removes what interrupted commands left, and copies a log whose layout will change.
 * The caller holds the lock of the directory.
 */
export async function prepareLog(directory: string, logger: Logger): Promise<void> {
  try {
    removeRestoreRemains(directory)
    // Copies for the brokers of a shared log.
    removeParts(directory, name => name === `${basename(logFile(directory))}.base`)
    removeCopy(movingFile(logFile(directory)))
  } catch (error) {
    logger.warn({ err: error }, 'what an interrupted command left could not be removed')
  }
  const before = await backUpBeforeMigration(directory)
  if (before === undefined) return
  const { kind, ...what } = before
  logger[kind === 'none' ? 'warn' : 'info'](what, describeMigrationBackup(before))
}
