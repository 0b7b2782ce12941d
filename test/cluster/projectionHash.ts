import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

/** What each daemon has for itself: how far it has read, what it is to erase, and what it fills behind the commit. */
const OWN_TABLES = ['stream', 'erasures', 'room_events', 'earlier_room_events']
const OWN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  log: ['indexed', 'filled', 'grams'],
  rooms: ['last'],
  directs: ['last'],
}

/**
 * One hash of everything in a projection that all daemons must have alike.
 * @param without tables that are left out too
 */
export function projectionHash(file: string, without: readonly string[] = []): string {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const hash = createHash('sha256')
    for (const [table, rows] of projectionRows(database))
      if (!without.includes(table)) hash.update(`${table}\n${rows.join('\n')}\n`)
    return hash.digest('hex')
  } finally {
    database.close()
  }
}

/** The rows behind the hash, each as text, by table. */
function projectionRows(database: DatabaseSync): ReadonlyMap<string, readonly string[]> {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'words%' ORDER BY name")
    .all()
    .map(row => String(row['name']))
    .filter(table => !OWN_TABLES.includes(table))
  return new Map(
    tables.map(table => {
      const own = OWN_COLUMNS[table] ?? []
      const rows = database.prepare(`SELECT * FROM ${table}`).all()
      const texts = rows.map(row =>
        JSON.stringify(Object.entries(row).filter(([column]) => !own.includes(column))),
      )
      return [table, texts.sort()]
    }),
  )
}
