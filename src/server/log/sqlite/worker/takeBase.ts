import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { syncPath } from '../../../../files/syncPath.ts'
import { type Brokers, showBrokers } from '../../../brokers.ts'
import { giveToOwner } from '../../../privateFiles.ts'
import { type Base, newestBase, readBase } from '../../jetstream/base.ts'
import { connectToBrokers } from '../../jetstream/brokers.ts'
import { openJetStream } from '../../jetstream/jetStream.ts'
import { type StreamEnd, UnusableStream } from '../../stream.ts'
import { type Following, followingIn, followingOf, isMoving } from '../projectionFile.ts'
import { SCHEMA_VERSION, schemaVersion } from '../schema.ts'
import { openUntouched } from '../untouchedLog.ts'

const ASK_TRIES = 12
const TRY_AGAIN = 1_000

/** The file of a log, and what belongs to it. */
const ENDS = ['', '-wal', '-shm', '-journal', '.clean']

/** What is known of a shared log before its file is opened. */
interface Situation {
  /** Undefined: the file is not there, or has nothing in it yet. */
  readonly following: Following | undefined
  readonly end: StreamEnd
  readonly base: Base | undefined
  readonly brokers: Brokers
}

/**
 * Takes the newest base of a shared log as the file of this daemon, where that has nothing yet, or lacks what the stream no
 * longer has. The caller holds the lock of the directory, and has the file not open. Rejects with {@link UnusableStream} where
 * the log cannot be used.
 * @param tell told, in a sentence, that the file was replaced
 */
export async function takeBase(
  file: string,
  brokers: Brokers,
  tell: (message: string) => void,
): Promise<void> {
  rmSync(partOf(file), { force: true })
  const following = whatIsThere(file)
  if (following === 'own' || following?.ended === true) return
  const stream = await openJetStream(brokers, `chatd ${hostname()} ${process.pid} base`)
  let end: StreamEnd
  try {
    end = await stream.end()
  } finally {
    await stream.close()
  }
  const connection = await connectToBrokers(brokers, `chatd ${hostname()} ${process.pid} base`)
  try {
    const base = await askForBase(connection, brokers.stream)
    const why = whyToTake({ following, end, base, brokers })
    if (why === undefined || base === undefined) return
    const part = openSync(partOf(file), 'wx', 0o600)
    try {
      giveToOwner(partOf(file))
      await readBase(connection, brokers.stream, base, chunk => writeSync(part, chunk))
    } finally {
      closeSync(part)
    }
    refuseWrong(partOf(file), end)
    syncPath(partOf(file))
    // The file first: without it, a start that finds the rest takes the base again.
    for (const ending of ENDS) rmSync(file + ending, { force: true })
    renameSync(partOf(file), file)
    syncPath(dirname(file))
    if (why !== '') tell(why)
  } finally {
    rmSync(partOf(file), { force: true })
    await connection.close()
  }
}

/** A leader may be being elected. */
async function askForBase(connection: NatsConnection, stream: string): Promise<Base | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await newestBase(connection, stream)
    } catch (error) {
      if (error instanceof UnusableStream) throw error
      const reason = error instanceof Error ? error.message : String(error)
      if (tries === ASK_TRIES)
        throw new UnusableStream(
          `the brokers do not say whether there is a base of "${stream}" (${reason}): start more of them, until more than half of its replicas run`,
        )
      await delay(TRY_AGAIN)
    }
  }
}

function partOf(file: string): string {
  return `${file}.base`
}

/** A log that says something is never replaced. */
function whatIsThere(file: string): Following | 'own' | undefined {
  if (!existsSync(file)) return undefined
  try {
    const following = followingIn(file)
    if (following !== undefined) return following.made === '' ? undefined : following
    return hasContent(file) ? 'own' : undefined
  } catch {
    // Opening it tells what is wrong with it.
    return 'own'
  }
}

function hasContent(file: string): boolean {
  const { database, close } = openUntouched(file)
  try {
    const found = database.prepare('SELECT 1 FROM events UNION ALL SELECT 1 FROM names LIMIT 1').get()
    return found !== undefined
  } finally {
    close()
  }
}

/**
 * Why the base takes the place of the file: a sentence, empty where there was none; undefined: it does not. Throws
 * {@link UnusableStream} where a base is needed and there is none.
 */
function whyToTake({ following, end, base, brokers }: Situation): string | undefined {
  if (following === undefined) {
    if (base !== undefined) return ''
    if (end.last === 0)
      throw new UnusableStream(
        `the stream "${brokers.stream}" has nothing yet, since making it was interrupted: run chatd cluster init --log ${showBrokers(brokers)} again`,
      )
    if (end.first <= 1) return undefined
    throw new UnusableStream(
      `the stream "${brokers.stream}" begins at ${end.first}, and the brokers have no base of what is before: a restore was not finished; run chatd cluster restore (or move) --log ${showBrokers(brokers)} again`,
    )
  }
  if (isMoving(following))
    throw new UnusableStream(
      `this log is on its way to the brokers: finish that with chatd cluster move --log ${showBrokers(brokers)}, or take it back with chatd cluster move --back`,
    )
  if (following.made !== end.made) {
    const from = base?.from
    if (from?.made !== following.made || from.checkpoint < following.checkpoint)
      throw new UnusableStream(
        `the stream was made again (${end.made}; this directory follows the one of ${following.made}), and may lack what this directory has: keep it, and start with an empty data directory to follow the new stream`,
      )
    return `the stream was restored from a file that has everything of this one: this daemon has taken the base of the new stream`
  }
  const trimmed = base?.trim ?? 0
  if (following.checkpoint >= Math.max(end.first - 1, trimmed)) return undefined
  if (base !== undefined && trimmed >= end.first - 1)
    return `this daemon was away for so long that the stream may no longer have what follows its position ${following.checkpoint}: it has taken the base at ${base.position} in the place of its file`
  throw new UnusableStream(
    `the stream "${brokers.stream}" begins at ${end.first}, this daemon has applied ${following.checkpoint} messages, and no base has those between: the brokers lost them; keep this data directory, and look at the brokers`,
  )
}

/** A base that is not one of this stream, or of a newer chatd. */
function refuseWrong(part: string, { made }: StreamEnd): void {
  const database = new DatabaseSync(part, { readOnly: true })
  try {
    const layout = schemaVersion(database)
    if (layout > SCHEMA_VERSION)
      throw new UnusableStream(
        `the base of the log was made by a newer chatd (layout ${layout}, this one knows ${SCHEMA_VERSION}): install that version`,
      )
    const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (found !== 'ok' || followingOf(database)?.made !== made)
      throw new UnusableStream(
        'the base that the brokers keep is no base of this stream: have a running daemon make another one: chatd cluster base',
      )
  } finally {
    database.close()
  }
}
