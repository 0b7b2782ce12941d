import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { errorCode } from '../../files/errorCode.ts'
import { isDiskFull } from '../../files/sqliteErrors.ts'
import { syncPath } from '../../files/syncPath.ts'
import type { UntouchedLog } from '../log/sqlite/untouchedLog.ts'
import { findThreadEntry } from '../threadEntry.ts'

const PAGES_A_STEP = 1_000
const ENTRIES = ['./finishWorker.ts', './finishWorker.js', '../finishWorker.js']
const ENDS = ['', '-wal', '-shm', '-journal']

/** What becomes of a copy. */
export interface CopyOptions {
  /** Called with the empty file. */
  readonly made?: (file: string) => void
  /** The copy keeps the epoch: the log goes on with it, and nothing is lost between the two. */
  readonly keepsEpoch?: boolean
  /** A projection becomes a log of its own. */
  readonly stopsFollowing?: boolean
  /** The copy gets the newest layout. */
  readonly migrates?: boolean
}

/** What the thread that finishes a copy is told. */
export interface FinishStart extends Omit<CopyOptions, 'made'> {
  readonly part: string
}

/** What the thread that finishes a copy says. */
export type FinishAnswer =
  /** What SQLite found; undefined: the copy is whole, and on the disk. */
  | { readonly damage: string | undefined }
  | {
      readonly failed: {
        readonly message: string
        /** Of the operating system, and of SQLite. */
        readonly code: string | undefined
        readonly errcode: number | undefined
      }
    }

/** The log that was to be copied is damaged; the message is what SQLite found. */
export class DamagedLog extends Error {
  override readonly name = 'DamagedLog'
}

/**
 * Copies one moment of a log into a new file for its owner alone, and looks at every page. Unless it is to keep the epoch, the
 * copy gets one of its own: clients that knew the log beyond the copy start afresh. Where it fails it leaves no file, and throws
 * what was wrong.
 */
export async function copyWhole(
  open: () => UntouchedLog,
  part: string,
  { made, ...as }: CopyOptions = {},
): Promise<void> {
  try {
    closeSync(openSync(part, 'wx', 0o600))
    made?.(part)
    const source = open()
    try {
      // Otherwise each commit would restart the copy, under load for ever.
      source.database.exec('BEGIN')
      source.database.prepare('SELECT epoch FROM log').get()
      await backup(source.database, part, { rate: PAGES_A_STEP })
    } finally {
      source.close()
    }
    await finish({ part, ...as })
  } catch (error) {
    removeCopy(part)
    throw error
  }
}

/** Gives a copy that is whole its name: at no moment there is half a copy under it. */
export function nameCopy(part: string, file: string): void {
  renameSync(part, file)
  syncPath(dirname(file))
}

/** Removes what there is of a copy. */
export function removeCopy(part: string): void {
  for (const end of ENDS) {
    try {
      rmSync(part + end, { force: true })
    } catch {
      // A file that could not be made cannot be removed either.
    }
  }
}

/** Whether the disk has no room, or the user no more of it. */
export function hasNoRoom(error: unknown): boolean {
  if (isDiskFull(error)) return true
  const code = errorCode(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** Finishes a copy in a thread of its own: to look at every page of a large one takes long, and a start tells systemd meanwhile. */
async function finish(workerData: FinishStart): Promise<void> {
  const answer = await new Promise<FinishAnswer>((resolve, reject) => {
    const worker = new Worker(findThreadEntry(import.meta.url, ENTRIES), { workerData })
    worker.on('message', resolve)
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('the thread that looks at the copy has ended')))
  })
  if ('failed' in answer) {
    const { message, ...codes } = answer.failed
    throw Object.assign(new Error(message), codes)
  }
  if (answer.damage !== undefined) throw new DamagedLog(answer.damage)
}
