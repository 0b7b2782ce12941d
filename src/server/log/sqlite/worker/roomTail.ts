import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integer } from '../columns.ts'
import { ROOM_TAIL } from '../roomSeqs.ts'

/** Makes the empty tail of a connection. A transaction that is rolled back takes the tail back too. */
export function makeRoomTail(database: DatabaseSync): void {
  database.exec(`
    CREATE TEMP TABLE IF NOT EXISTS room_tail (
      room INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (room, seq)
    ) STRICT, WITHOUT ROWID;
    DELETE FROM ${ROOM_TAIL};
  `)
}

/** Adds the events after a position. By position: no index has them in this order. */
export const ADD_TO_TAIL = `INSERT OR IGNORE INTO ${ROOM_TAIL}
  SELECT room, seq FROM events NOT INDEXED WHERE seq > ?`

/** The tail of a reading connection: the events that the writer has not filled into `room_events` yet. */
export class RoomTail {
  readonly #log: StatementSync
  readonly #add: StatementSync
  readonly #drop: StatementSync
  readonly #dropAll: StatementSync
  /** Up to here it knows all events. */
  #position = 0
  /** Up to here it has none. */
  #filled = 0

  constructor(database: DatabaseSync) {
    makeRoomTail(database)
    this.#log = database.prepare('SELECT last, filled FROM log')
    this.#add = database.prepare(ADD_TO_TAIL)
    this.#drop = database.prepare(`DELETE FROM ${ROOM_TAIL} WHERE seq <= ?`)
    this.#dropAll = database.prepare(`DELETE FROM ${ROOM_TAIL}`)
  }

  /** Brings the tail to the state of the log; at the beginning of each transaction that reads rooms. */
  catchUp(): void {
    const log = this.#log.get() ?? {}
    const last = integer(log, 'last')
    const filled = integer(log, 'filled')
    if (filled > this.#filled) {
      if (filled >= this.#position) this.#dropAll.run()
      else this.#drop.run(filled)
      this.#filled = filled
    }
    if (last <= this.#position) return
    this.#add.run(Math.max(this.#position, filled))
    this.#position = last
  }
}
