import { type Result, refuse, success } from '../../protocol/errors.ts'
import { lockDirectory } from '../dataDirectory.ts'
import type { OrderFlags } from '../flags.ts'
import { logFile } from '../log/sqlite/database.ts'
import { openSqliteLog, type SqliteLog } from '../log/sqlite/sqliteLog.ts'
import { copyLog } from './backup.ts'
import { sendOrder } from './control.ts'
import { carryOut, type Order } from './tasks.ts'

/**
 * Carries out a command of the operator in a data directory: by the daemon that runs there, or, where none does,
 * by this process, which then holds the directory for as long as it takes. A backup is only read for, beside whoever
 * has the directory.
 */
export async function command(
  directory: string,
  { order, newEpoch }: OrderFlags,
): Promise<Result<undefined>> {
  if (order.order === 'backup') return backUp(directory, order.file)
  if (!newEpoch) {
    const answered = await sendOrder(directory, order, print)
    if (answered !== undefined) return answered
  }
  const locked = lockDirectory(directory)
  if (!locked.ok) return refuse('storage_unavailable', locked.message)
  try {
    const opened = await openSqliteLog(logFile(directory))
    if (!opened.ok) return refuse('storage_unavailable', opened.error)
    const result = await onOpenLog(opened.value, order, newEpoch)
    await opened.value.close()
    return result
  } finally {
    locked.lock.release()
  }
}

async function onOpenLog(log: SqliteLog, what: Order, newEpoch: boolean): Promise<Result<undefined>> {
  if (newEpoch) {
    const renewed = await log.renewEpoch()
    if (!renewed.ok) return refuse('storage_unavailable', renewed.error)
    await print('new epoch: every client starts afresh with what this log holds')
  }
  return carryOut(what, { log, print, sendAway: () => undefined })
}

/** Not by the daemon, which may not write where the operator may (systemd sees to that), nor sees the same /tmp. */
async function backUp(directory: string, file: string): Promise<Result<undefined>> {
  const made = await copyLog(logFile(directory), file)
  if (!made.ok) return made
  await print(`${file}: ${(made.value.bytes / 1024 / 1024).toFixed(1)} MiB`)
  return success(undefined)
}

/** Writes a line to standard output; false where nobody reads it any more. */
function print(line: string): Promise<boolean> {
  return new Promise(resolvePrinted => {
    const { stdout } = process
    stdout.once('error', () => resolvePrinted(false))
    stdout.write(`${line}\n`, error => {
      stdout.removeAllListeners('error')
      // A write that failed says so twice.
      stdout.on('error', () => undefined)
      resolvePrinted(error === null || error === undefined)
    })
  })
}

/** Whether there is a log in a directory; a command makes none. */
export function whyNoLog(directory: string, exists: (file: string) => boolean): Result<undefined> {
  return exists(logFile(directory))
    ? success(undefined)
    : refuse(
        'not_found',
        `there is no log in ${directory} that you may see; name its directory with --data, or be root`,
      )
}
