import type { Logger } from '../logger.ts'
import { backUpBeforeMigration, describeMigrationBackup } from './migrationBackup.ts'
import { removeRestoreRemains } from './replaceLog.ts'

/**
 * What comes before a daemon opens its log: removes what an interrupted restore left, and copies a log whose layout will change.
 * The caller holds the lock of the directory.
 */
export async function prepareLog(directory: string, logger: Logger): Promise<void> {
  try {
    removeRestoreRemains(directory)
  } catch (error) {
    logger.warn({ err: error }, 'what an interrupted restore left could not be removed')
  }
  const before = await backUpBeforeMigration(directory)
  if (before === undefined) return
  const { kind, ...what } = before
  logger[kind === 'none' ? 'warn' : 'info'](what, describeMigrationBackup(before))
}
