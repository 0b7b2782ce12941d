import type { DatabaseSync } from 'node:sqlite'
import { integer, text } from './columns.ts'
import { hasTable } from './roomWalk.ts'
import { openUntouched } from './untouchedLog.ts'

/**
 * The table whose presence tells a projection from a log of its own: the stream that the file is made from, and the newest
 * message that is in it. `identity` tells that message from one of another stream at the same position; empty: it was never
 * there, the file came from elsewhere. `ended`: the log was moved back to a single server, and nothing after that message
 * counts. `erased` and `removed` are the newest positions that took texts away: a base from before still holds them.
 */
export const STREAM_TABLE = `
  CREATE TABLE IF NOT EXISTS stream (
    name TEXT NOT NULL, made TEXT NOT NULL, checkpoint INTEGER NOT NULL, identity TEXT NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0, erased INTEGER NOT NULL DEFAULT 0, removed INTEGER NOT NULL DEFAULT 0
  ) STRICT;
`

/** Stands before a mark of its own in `made` while a log is moved to brokers: it belongs to no stream yet. */
const MOVING = 'moving '

/** How a projection follows its stream. */
export interface Following {
  readonly name: string
  /** When the stream was made, as its engine writes it; empty: none was read yet. */
  readonly made: string
  readonly checkpoint: number
  readonly ended: boolean
  /** The newest position that erased a person or a room; 0: none. */
  readonly erased: number
  /** The newest position that took another text away; 0: none. */
  readonly removed: number
}

/** How a file follows a stream; undefined: it is a log of its own. */
export function followingOf(database: DatabaseSync): Following | undefined {
  if (!hasTable(database, 'stream')) return undefined
  const row = database.prepare('SELECT * FROM stream').get()
  if (row === undefined) return { name: '', made: '', checkpoint: 0, ended: false, erased: 0, removed: 0 }
  return {
    name: text(row, 'name'),
    made: text(row, 'made'),
    checkpoint: integer(row, 'checkpoint'),
    ended: integer(row, 'ended') === 1,
    erased: integer(row, 'erased'),
    removed: integer(row, 'removed'),
  }
}

/** How the file of a log follows a stream, without writing beside it; undefined: it is a log of its own. */
export function followingIn(file: string): Following | undefined {
  const { database, close } = openUntouched(file)
  try {
    return followingOf(database)
  } finally {
    close()
  }
}

/** Has a file follow a stream from a position on, whatever it was before. */
export function follow(
  database: DatabaseSync,
  { name, made, checkpoint }: Pick<Following, 'name' | 'made' | 'checkpoint'>,
): void {
  inTransaction(database, () => {
    database.exec(`${STREAM_TABLE}; DELETE FROM stream`)
    // Positions of another stream.
    if (hasTable(database, 'erasures')) database.exec('DELETE FROM erasures')
    database
      .prepare("INSERT INTO stream (name, made, checkpoint, identity) VALUES (?, ?, ?, '')")
      .run(name, made, checkpoint)
  })
}

/** Makes a projection a log of its own. */
export function stopFollowing(database: DatabaseSync): void {
  inTransaction(database, () => {
    // A log of its own has no trigger.
    const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all()
    for (const row of triggers) database.exec(`DROP TRIGGER "${text(row, 'name')}"`)
    for (const table of ['erasures', 'producers', 'stream']) database.exec(`DROP TABLE IF EXISTS ${table}`)
  })
}

/** What stands in `made` while a log is moved. */
export function movingMark(id: string): string {
  return MOVING + id
}

/** Whether a log is on its way to brokers. */
export function isMoving({ made }: Pick<Following, 'made'>): boolean {
  return made.startsWith(MOVING)
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
