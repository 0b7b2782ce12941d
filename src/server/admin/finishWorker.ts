/** The thread that finishes a copy; see `copyWhole`. */
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { errorCode } from '../../files/errorCode.ts'
import { resultCode } from '../../files/sqliteErrors.ts'
import { syncPath } from '../../files/syncPath.ts'
import { stopFollowing } from '../log/sqlite/projectionFile.ts'
import { migrate } from '../log/sqlite/schema.ts'
import type { FinishAnswer, FinishStart } from './wholeCopy.ts'

const port = parentPort
if (port === null) throw new Error('this is the entry of a thread, not a program')

port.postMessage(answer(workerData as FinishStart))

function answer(start: FinishStart): FinishAnswer {
  try {
    const damage = finish(start)
    if (damage === undefined) syncPath(start.part)
    return { damage }
  } catch (error) {
    // An error loses its codes on its way to another thread.
    const message = error instanceof Error ? error.message : String(error)
    return { failed: { message, code: errorCode(error), errcode: resultCode(error) } }
  }
}

/** Makes a copy what it is to be; what SQLite found where it is damaged. */
function finish({ part, keepsEpoch, stopsFollowing, migrates }: FinishStart): string | undefined {
  const copy = new DatabaseSync(part)
  try {
    // One file, without a write-ahead log beside it that could be forgotten.
    copy.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL')
    const found = copy.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (found !== 'ok') return String(found).replaceAll(/\s+/g, ' ')
    if (migrates === true) migrate(copy, randomUUID())
    if (stopsFollowing === true) stopFollowing(copy)
    if (keepsEpoch !== true) copy.prepare('UPDATE log SET epoch = ?').run(randomUUID())
    return undefined
  } finally {
    copy.close()
  }
}
