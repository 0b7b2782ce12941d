import { rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { type Brokers, showBrokers } from '../brokers.ts'
import { lockHolder, logFile } from '../dataDirectory.ts'
import { withBrokers } from '../log/jetstream/cluster.ts'
import { checkLogFile } from '../log/sqlite/logFileReport.ts'
import { type Following, followingIn, isMoving } from '../log/sqlite/projectionFile.ts'
import { makeTemporary, openUntouched } from '../log/sqlite/untouchedLog.ts'
import { beginStream, refuseTaken } from './beginStream.ts'
import { copyWhole, hasNoRoom } from './wholeCopy.ts'

/** How a command tells what it does. */
export type Print = (line: string) => void

/**
 * Makes a new shared log from a backup, or from the file of a stopped daemon: its own log, or a projection. It has an epoch of its
 * own: every client begins afresh with what the file holds. The error is a sentence.
 */
export async function restoreToCluster(
  brokers: Brokers,
  file: string,
  { replicas, print }: { readonly replicas: number; readonly print: Print },
): Promise<Result<undefined, string>> {
  const checked = checkSource(file, print)
  if (!checked.ok) return checked
  const following = checked.value
  if (following !== undefined && isMoving(following))
    return failure(`${file} is on its way to the brokers: finish that with chatd cluster move`)
  const free = await withBrokers(brokers, connection => refuseTaken(connection, brokers))
  if (!free.ok) return free
  const directory = makeTemporary('restore')
  try {
    const copy = join(directory, 'chatd.db')
    const copied = await copyTo(file, copy)
    if (!copied.ok) return copied
    const begun = await withBrokers(brokers, connection =>
      beginStream(connection, brokers, copy, {
        replicas,
        from:
          following === undefined ? undefined : { made: following.made, checkpoint: following.checkpoint },
      }),
    )
    if (!begun.ok) return begun
    print(
      `made the log "${brokers.stream}", which ${replicas} brokers keep; what comes next is at position ${begun.value.first}`,
    )
    print(
      `start chatd --log ${showBrokers(brokers)}, each with an empty data directory; every client begins afresh with what the file holds`,
    )
    return success(undefined)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Looks at a file before anything is changed: how it follows a stream. */
function checkSource(file: string, print: Print): Result<Following | undefined, string> {
  const directory = dirname(file)
  const holder = basename(file) === basename(logFile(directory)) ? lockHolder(directory) : undefined
  if (holder !== undefined)
    return failure(
      `${file} is in use by a chatd${holder}: stop it, or take a backup with chatd backup; nothing was changed`,
    )
  return checkFile(file, print)
}

/** The same for a file whose directory this process holds. */
export function checkFile(file: string, print: Print): Result<Following | undefined, string> {
  const checked = checkLogFile(file)
  if (!checked.ok) return failure(`${checked.error}; nothing was changed`)
  for (const line of checked.value.lines) print(line)
  if (!checked.value.ok)
    return failure(`${file} is damaged, see the lines above; nothing was changed: take another backup`)
  return success(followingIn(file))
}

async function copyTo(file: string, copy: string): Promise<Result<undefined, string>> {
  try {
    await copyWhole(() => openUntouched(file), copy, { migrates: true })
    return success(undefined)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failure(
      hasNoRoom(error)
        ? `${file} could not be copied to ${dirname(copy)}: the disk is full; set TMPDIR to a directory with room`
        : `${file} could not be copied (${reason}); nothing was changed`,
    )
  }
}
