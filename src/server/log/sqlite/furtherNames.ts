import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { text } from './columns.ts'
import { keyBeforeEnd } from './endingRooms.ts'

/** Looks up the names that rooms got when they were renamed. */
export class FurtherNames {
  readonly #room: StatementSync

  /** @param database a log that has its layout */
  constructor(database: DatabaseSync) {
    this.#room = database.prepare(
      'SELECT rooms.key FROM room_names JOIN rooms ON rooms.number = room WHERE room_names.key = ?',
    )
  }

  /** The key of the room that such a name (folded) leads to, also while the room is deleted. */
  roomOf(nameKey: string): string | undefined {
    const row = this.#room.get(nameKey)
    return row === undefined ? undefined : keyBeforeEnd(text(row, 'key'))
  }
}
