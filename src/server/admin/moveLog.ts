import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { type Brokers, showBrokers } from '../brokers.ts'
import { lockDirectory, logFile } from '../dataDirectory.ts'
import { removeStream } from '../log/jetstream/base.ts'
import { withBrokers } from '../log/jetstream/cluster.ts'
import { openForWriting, UnusableFile } from '../log/sqlite/database.ts'
import {
  type Following,
  follow,
  followingIn,
  isMoving,
  movingMark,
  stopFollowing,
} from '../log/sqlite/projectionFile.ts'
import { openSqliteLog } from '../log/sqlite/sqliteLog.ts'
import { openUntouched } from '../log/sqlite/untouchedLog.ts'
import { type BegunStream, beginStream, finishedStream, refuseTaken } from './beginStream.ts'
import { checkFile, type Print } from './clusterRestore.ts'
import { backUpBeforeMigration, describeMigrationBackup } from './migrationBackup.ts'
import { movingFile } from './replaceLog.ts'
import { copyWhole, removeCopy } from './wholeCopy.ts'

/**
 * Moves the log of a stopped daemon to brokers: epoch and seqs stay, so that clients go on where they were. The data directory is
 * that of the first daemon then. While it is under way the log is marked, and no daemon serves it: one that was killed is run
 * again. The error is a sentence.
 */
export async function moveToCluster(
  directory: string,
  brokers: Brokers,
  { replicas, print }: { readonly replicas: number; readonly print: Print },
): Promise<Result<undefined, string>> {
  return inDirectory(directory, async file => {
    const checked = checkFile(file, print)
    if (!checked.ok) return checked
    const following = checked.value
    if (following !== undefined && !isMoving(following))
      return failure(`${file} follows the shared log "${following.name}" already: start chatd with --log`)
    const mark = following?.made ?? movingMark(randomUUID())
    const earlier = await withBrokers(brokers, async connection => {
      const there = await finishedStream(connection, brokers.stream)
      if (there?.base?.from?.made === mark)
        return { made: there.info.created, first: there.base.position + 1 }
      return refuseTaken(connection, brokers)
    })
    if (!earlier.ok) return earlier
    const begun =
      earlier.value === undefined
        ? await carryOver(file, mark, brokers, { replicas, print })
        : success(earlier.value)
    if (!begun.ok)
      return failure(
        `${begun.error}; until it is there, the log in ${directory} is served by no chatd: run this again, or take it back with chatd cluster move --back`,
      )
    const { made, first } = begun.value
    change(file, 'projection', database =>
      follow(database, { name: brokers.stream, made, checkpoint: first - 1 }),
    )
    print(
      `moved the log to "${brokers.stream}", which ${replicas} brokers keep; epoch and seqs are as they were`,
    )
    print(
      `start chatd --log ${showBrokers(brokers)}: one with ${directory}, others with empty data directories`,
    )
    return success(undefined)
  })
}

async function carryOver(
  file: string,
  mark: string,
  brokers: Brokers,
  { replicas, print }: { readonly replicas: number; readonly print: Print },
): Promise<Result<BegunStream, string>> {
  const copy = movingFile(file)
  removeCopy(copy)
  try {
    // From here on no daemon serves it alone: what it stored would be in no copy.
    const isMarked = followingIn(file) !== undefined
    const before = isMarked ? undefined : await backUpBeforeMigration(dirname(file))
    if (before !== undefined) print(describeMigrationBackup(before))
    change(file, isMarked ? 'projection' : 'log', database =>
      follow(database, { name: brokers.stream, made: mark, checkpoint: 0 }),
    )
    await copyWhole(() => openUntouched(file), copy, { keepsEpoch: true, migrates: true })
    return await withBrokers(brokers, connection =>
      beginStream(connection, brokers, copy, { replicas, from: { made: mark, checkpoint: 0 } }),
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failure(
      error instanceof UnusableFile ? reason : `${file} could not be copied (${reason}): make room`,
    )
  } finally {
    removeCopy(copy)
  }
}

/**
 * Moves a shared log back to a single server, in the data directory of a stopped daemon: epoch and seqs stay. First the log is
 * ended at the brokers: all other daemons stop applying there, and none stores anything any more. The error is a sentence.
 */
export async function moveBack(
  directory: string,
  brokers: Brokers,
  { print }: { readonly print: Print },
): Promise<Result<undefined, string>> {
  return inDirectory(directory, async file => {
    const checked = checkFile(file, print)
    if (!checked.ok) return checked
    const following = checked.value
    if (following === undefined) return failure(`${file} is a log of its own already`)
    if (following.name !== brokers.stream)
      return failure(`${file} follows the log "${following.name}", not "${brokers.stream}": correct --log`)
    const ended = isMoving(following)
      ? await takeBackHalf(following, brokers)
      : await endLog(file, following, brokers)
    if (!ended.ok) return ended
    change(file, 'projection', stopFollowing)
    print(`the log in ${directory} is a log of its own; epoch and seqs are as they were`)
    print(
      `start chatd without --log there. The other daemons serve nothing new: stop them, and remove their data directories; then remove the old log from the brokers: chatd cluster remove --log ${showBrokers(brokers)}`,
    )
    return success(undefined)
  })
}

/** Takes a move back that did not come to its end. */
function takeBackHalf(following: Following, brokers: Brokers): Promise<Result<void, string>> {
  return withBrokers(brokers, async connection => {
    const there = await finishedStream(connection, brokers.stream)
    if (there === undefined) await removeStream(connection, brokers.stream)
    else if (there.base?.from?.made === following.made)
      throw new Error(
        'the log is at the brokers already; finish with chatd cluster move, and then move it back',
      )
  })
}

async function endLog(
  file: string,
  { ended }: Following,
  brokers: Brokers,
): Promise<Result<undefined, string>> {
  if (ended) return success(undefined)
  const opened = await openSqliteLog(file, { brokers })
  if (opened.ok) {
    const left = await opened.value.leave()
    await opened.value.close()
    if (!left.ok) return left
  }
  // One that was killed may have ended it before.
  if (followingIn(file)?.ended === true) return success(undefined)
  return failure(
    `${opened.ok ? 'the end of the log is not applied yet; run this again' : opened.error}. Without the brokers, go on with a copy of this directory, which begins a new epoch: chatd backup FILE, then chatd restore FILE into another directory`,
  )
}

/** Changes the file of a log, written through when this returns. */
function change(
  file: string,
  kind: 'log' | 'projection',
  work: (database: ReturnType<typeof openForWriting>) => void,
): void {
  const database = openForWriting(file, randomUUID(), kind)
  try {
    work(database)
  } finally {
    // Closing moves the write-ahead log into the file.
    database.close()
  }
}

async function inDirectory(
  directory: string,
  work: (file: string) => Promise<Result<undefined, string>>,
): Promise<Result<undefined, string>> {
  const file = logFile(directory)
  if (!existsSync(file))
    return failure(
      `there is no log in ${directory} that you may see; name its directory with --data, or be root`,
    )
  const lock = lockDirectory(directory)
  if (!lock.ok) return failure(`${lock.error}; nothing was changed`)
  try {
    return await work(file)
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error
    return failure(error.message)
  } finally {
    lock.value.release()
  }
}
