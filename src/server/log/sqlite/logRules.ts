import type { DatabaseSync } from 'node:sqlite'
import { isDamage } from '../../../files/sqliteErrors.ts'
import { integer } from './columns.ts'
import { hasTable, RoomWalk } from './roomWalk.ts'

const PROBLEMS_SHOWN = 10

/** What one look at a log gave: lines for a person. */
export interface Finding {
  readonly ok: boolean
  readonly lines: readonly string[]
}

/** What holds in every log, of each layout. */
export function checkRules(database: DatabaseSync): readonly Finding[] {
  return [
    guarded('integrity', () => integrity(database)),
    guarded('order', () => order(database)),
    guarded('references', () => references(database)),
    ...(hasTable(database, 'event_ids') ? [guarded('ids', () => ids(database))] : []),
  ]
}

/** The finding; where the file is so damaged that SQLite gives up, the damage is the finding. */
export function guarded(what: string, look: () => Finding): Finding {
  try {
    return look()
  } catch (error) {
    if (!(error instanceof Error) || !isDamage(error)) throw error
    return { ok: false, lines: [`${what}: ${error.message}; restore a backup`] }
  }
}

function integrity(database: DatabaseSync): Finding {
  const problems = database
    .prepare(`PRAGMA integrity_check(${PROBLEMS_SHOWN})`)
    .all()
    .map(row => String(row['integrity_check']))
  if (problems.length === 1 && problems[0] === 'ok') return { ok: true, lines: ['integrity: ok'] }
  return {
    ok: false,
    lines: [...problems.map(problem => `integrity: ${problem}`), 'integrity: restore a backup'],
  }
}

/** In every room each event names the one before it, and is in the room's place. */
function order(database: DatabaseSync): Finding {
  const walk = new RoomWalk(database)
  const events = integer(database.prepare('SELECT count(*) AS count FROM events').get() ?? {}, 'count')
  const problems = [
    [walk.broken, 'events do not follow the one before them'],
    [walk.strays, 'events that are not there are in a room'],
    [events - walk.placed, 'events are not in their room'],
    [walk.behind, 'rooms do not know their newest event'],
  ] as const
  const lines = problems.flatMap(([count, what]) =>
    count === 0 ? [] : [`order: ${count} ${what}; restore a backup`],
  )
  return lines.length === 0
    ? { ok: true, lines: ['order: every event follows the one before it'] }
    : { ok: false, lines }
}

/** Every event has its room and its author, and the log knows its newest event. */
function references(database: DatabaseSync): Finding {
  const row = database
    .prepare(
      `SELECT count(*) AS count, (SELECT count(*) FROM log WHERE last >= coalesce((SELECT max(seq) FROM events), 0)) AS heads
      FROM events WHERE room NOT IN (SELECT number FROM rooms) OR author NOT IN (SELECT number FROM names)`,
    )
    .get()
  const count = integer(row ?? {}, 'count')
  if (count > 0)
    return { ok: false, lines: [`references: ${count} events have no room or no author; restore a backup`] }
  return integer(row ?? {}, 'heads') === 1
    ? { ok: true, lines: ['references: every event has its room and its author'] }
    : { ok: false, lines: ['references: the log does not know its newest event; restore a backup'] }
}

/** Each id leads to its event. In logs of earlier layouts an index does that, which SQLite checks. */
function ids(database: DatabaseSync): Finding {
  const row = database
    .prepare(
      `SELECT (SELECT count(*) FROM event_ids JOIN events USING (seq, id, author)) AS leading,
        (SELECT count(*) FROM event_ids) AS noted, (SELECT count(*) FROM earlier_event_ids) AS earlier,
        (SELECT count(*) FROM events WHERE id IS NOT NULL) AS given`,
    )
    .get()
  const [leading = 0, noted = 0, earlier = 0, given = 0] = ['leading', 'noted', 'earlier', 'given'].map(
    column => integer(row ?? {}, column),
  )
  const wrong = Math.max(noted - leading, given - earlier - leading)
  return wrong === 0
    ? { ok: true, lines: ['ids: every id leads to its event'] }
    : { ok: false, lines: [`ids: ${wrong} ids do not lead to their events; restore a backup`] }
}
