import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { foldName } from '../../../protocol/names.ts'
import { directNames } from '../roomKeys.ts'
import { skeletonOf } from '../skeleton.ts'
import { text } from './columns.ts'

/** Finds rooms and accounts whose names people would take for another one. */
export class Lookalikes {
  readonly #room: StatementSync
  readonly #account: StatementSync

  /** @param database a log that has its layout */
  constructor(database: DatabaseSync) {
    this.#room = database.prepare(
      `SELECT coalesce(title, name) AS name FROM rooms WHERE skeleton = ?1 AND key <> ?2
      UNION ALL SELECT room_names.key FROM room_names JOIN rooms ON rooms.number = room
        WHERE room_names.skeleton = ?1 AND rooms.key <> ?2`,
    )
    this.#account = database.prepare(
      `SELECT name FROM accounts JOIN names ON names.number = person WHERE skeleton = ? AND key <> ?`,
    )
  }

  /** See `RoomDirectory.roomLike`. All names of rooms count, also those from before they were renamed. */
  room(key: string, name: string): string | undefined {
    return directNames(key) === undefined ? nameOf(this.#room, name, key) : undefined
  }

  /** See `AccountStore.accountLike`. */
  account(name: string): string | undefined {
    return nameOf(this.#account, name, foldName(name))
  }
}

function nameOf(statement: StatementSync, name: string, key: string): string | undefined {
  const row = statement.get(skeletonOf(name), key)
  return row === undefined ? undefined : text(row, 'name')
}
