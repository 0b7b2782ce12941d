import { basename, dirname } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Brokers } from '../brokers.ts'
import { type Base, newestBase, removeBase, storeCut, trim } from '../log/jetstream/base.ts'
import { findStream } from '../log/jetstream/cluster.ts'
import { claimBase, storeBase } from '../log/jetstream/storeBase.ts'
import { openForReading } from '../log/sqlite/database.ts'
import { followingIn } from '../log/sqlite/projectionFile.ts'
import { UnusableStream } from '../log/stream.ts'
import { removeParts } from './backup.ts'
import { copyWhole, hasNoRoom, removeCopy } from './wholeCopy.ts'

/** So many messages before a base stay in the stream, for daemons that are away for a while. */
const KEPT_MESSAGES = 10_000

/**
 * Makes a base of a daemon's file, also while the daemon runs, then removes older bases, and from the stream what the base
 * before this one has too. Undefined where another daemon makes one. Rejects with a sentence.
 */
export async function makeBase(
  connection: NatsConnection,
  { stream }: Brokers,
  log: string,
  kept = KEPT_MESSAGES,
): Promise<Base | undefined> {
  const info = await findStream(connection, stream)
  if (info === undefined) throw new UnusableStream(`the brokers have no stream "${stream}"`)
  const previous = await newestBase(connection, stream)
  const place = { stream, n: (previous?.n ?? 0) + 1, replicas: info.config.num_replicas }
  if (!(await claimBase(connection, place))) return undefined
  const part = `${log}.base.${process.pid}.part`
  try {
    removeParts(dirname(log), name => name === `${basename(log)}.base`)
    await copy(log, part)
    const following = followingIn(part)
    if (following?.made !== info.created)
      throw new UnusableStream(`${log} does not follow the stream "${stream}" that the brokers have`)
    const position = following.checkpoint
    if (previous !== undefined && position < previous.position)
      throw new UnusableStream(
        `${log} has less than the base that the brokers keep: make the base where a daemon runs that has everything`,
      )
    const { from } = previous ?? {}
    const { trim: trimmed = 0, cut = 0 } = previous ?? {}
    const isUsed = cut > trimmed && cut <= position - kept
    const about = {
      position,
      // Where the last cut is used, or there is none, another one is needed for the next time.
      trim: isUsed ? cut : trimmed,
      cut: isUsed || cut <= trimmed ? await storeCut(connection, stream) : cut,
    }
    const { base } = await storeBase(connection, place, part, {
      ...about,
      ...(from === undefined ? {} : { from }),
      previous: previous?.described ?? 0,
    })
    await trim(connection, stream, base.trim)
    return base
  } catch (error) {
    await removeQuietly(connection, place)
    throw error
  } finally {
    removeCopy(part)
  }
}

async function copy(log: string, part: string): Promise<void> {
  try {
    await copyWhole(
      () => {
        const database = openForReading(log)
        return { database, close: () => database.close() }
      },
      part,
      { keepsEpoch: true },
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UnusableStream(
      hasNoRoom(error)
        ? `no base was made: the disk of ${log} has no room for a copy; make room`
        : `no base was made: ${log} could not be copied (${reason})`,
    )
  }
}

/** What is left of a base that was not described: the next one takes its number. */
async function removeQuietly(
  connection: NatsConnection,
  { stream, n }: { readonly stream: string; readonly n: number },
): Promise<void> {
  try {
    if ((await newestBase(connection, stream))?.n !== n) await removeBase(connection, stream, n)
  } catch {
    // The next one removes it, when it has been silent for a while.
  }
}
