import type { DatabaseSync } from 'node:sqlite'
import { integer } from './columns.ts'

/**
 * The step from two indexes of `events` to the tables `room_events` and `event_ids`, in which what is new stands together. Each of the
 * indexes took a page for nearly every event of a commit: that of its room, and that of its author. An older log keeps them for the
 * events that they hold, under the names `earlier_room_events` and `earlier_event_ids`; they grow no more. A new log has none. The step
 * takes no time, however much the log holds, since the rows of the indexes stay where they are.
 */
export function splitIndexes(database: DatabaseSync): void {
  const log = database.prepare('SELECT last FROM log').get()
  const last = log === undefined ? 0 : integer(log, 'last')
  database.exec(`
    ALTER TABLE log RENAME COLUMN ordered TO filled;
    CREATE TABLE room_events (room INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (room, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE event_ids (
      id TEXT NOT NULL, author INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (id, author)
    ) STRICT, WITHOUT ROWID;
  `)
  if (last === 0) {
    database.exec(`
      DROP INDEX events_of_room;
      DROP INDEX events_by_id;
      CREATE VIEW earlier_room_events AS SELECT 0 AS room, 0 AS seq WHERE FALSE;
      CREATE VIEW earlier_event_ids AS SELECT '' AS id, 0 AS author, 0 AS seq WHERE FALSE;
    `)
    return
  }
  // Written so that SQLite takes it for no bound of a search in the index: it would prefer it to the bounds of a query.
  const isEarlier = `(seq > ${last}) = 0`
  endIndexes(database, {
    events_of_room: ` WHERE ${isEarlier}`,
    events_by_id: ` AND ${isEarlier}`,
  })
  database.exec(`
    CREATE VIEW earlier_room_events AS
      SELECT room, seq FROM events INDEXED BY events_of_room WHERE ${isEarlier};
    CREATE VIEW earlier_event_ids AS
      SELECT id, author, seq FROM events INDEXED BY events_by_id WHERE id IS NOT NULL AND ${isEarlier};
  `)
}

/**
 * Makes the indexes partial ones of the events that they hold. Only their texts change, in the way that SQLite's manual shows for
 * changes that leave the content as it is (lang_altertable.html, section 7).
 */
function endIndexes(database: DatabaseSync, conditions: Readonly<Record<string, string>>): void {
  database.enableDefensive(false)
  try {
    database.exec('PRAGMA writable_schema = ON')
    const end = database.prepare("UPDATE sqlite_schema SET sql = sql || ? WHERE type = 'index' AND name = ?")
    for (const [index, condition] of Object.entries(conditions))
      if (end.run(condition, index).changes !== 1) throw new Error(`the log has no index ${index}`)
  } finally {
    // Also reads the schema again.
    database.exec('PRAGMA writable_schema = RESET')
    database.enableDefensive(true)
  }
}
