import type { DatabaseSync } from 'node:sqlite'
import { integer } from './columns.ts'

/**
 * The step to `room_events`. The index of all events by room, which each commit filled before, grows no more from then on: an older
 * log keeps it for what it holds, and `earlier_room_events` shows it. A new log has none. The step takes no time, however much the
 * log holds, since the rows of the index stay where they are.
 */
export function layRoomEvents(database: DatabaseSync): void {
  const log = database.prepare('SELECT last FROM log').get()
  const last = log === undefined ? 0 : integer(log, 'last')
  database.exec(`
    ALTER TABLE log RENAME COLUMN ordered TO filled;
    CREATE TABLE room_events (room INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (room, seq)) STRICT, WITHOUT ROWID;
  `)
  if (last === 0) {
    database.exec(`
      DROP INDEX events_of_room;
      CREATE VIEW earlier_room_events AS SELECT 0 AS room, 0 AS seq WHERE FALSE;
    `)
    return
  }
  // Written so that SQLite takes it for no bound of a search in the index: it would prefer it to the bounds of a query.
  const isEarlier = `(seq > ${last}) = 0`
  endIndex(database, isEarlier)
  database.exec(
    `CREATE VIEW earlier_room_events AS SELECT room, seq FROM events INDEXED BY events_of_room WHERE ${isEarlier}`,
  )
}

/**
 * Makes the index a partial one of the events that it holds. Only its text changes, in the way that SQLite's manual shows for
 * changes that leave the content as it is (lang_altertable.html, section 7).
 */
function endIndex(database: DatabaseSync, isEarlier: string): void {
  database.enableDefensive(false)
  try {
    database.exec('PRAGMA writable_schema = ON')
    const ended = database
      .prepare("UPDATE sqlite_schema SET sql = sql || ? WHERE type = 'index' AND name = 'events_of_room'")
      .run(` WHERE ${isEarlier}`)
    if (ended.changes !== 1) throw new Error('the log has no index of events by room')
  } finally {
    // Also reads the schema again.
    database.exec('PRAGMA writable_schema = RESET')
    database.enableDefensive(true)
  }
}
