import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { foldRoom } from '../../../../protocol/names.ts'
import { showBytes } from '../../../byteSize.ts'
import type { CheckReport } from '../../maintenance.ts'
import { integer, text } from '../columns.ts'
import { NOT_ENDING } from '../endingRooms.ts'
import { checkRules, type Finding, guarded } from '../logRules.ts'
import { SCHEMA_VERSION, schemaVersion } from '../schema.ts'

const SYNCS = 20
/** Users feel a commit that waits longer than this, ms. */
const SLOW_SYNC = 50
/** With less free space than this the operator has little time left to make room, bytes. */
const LITTLE_SPACE = 256 * 1024 * 1024

/** Checks a log and the disk that it lies on. */
export function checkLog(database: DatabaseSync, file: string): CheckReport {
  const findings = [
    ...checkRules(database),
    layout(database),
    guarded('names', () => names(database)),
    guarded('size', () => size(database, file)),
    ...disk(file),
  ]
  return { ok: findings.every(finding => finding.ok), lines: findings.flatMap(finding => finding.lines) }
}

function layout(database: DatabaseSync): Finding {
  const version = schemaVersion(database)
  return {
    ok: version === SCHEMA_VERSION,
    lines: [`layout: ${version} (this chatd knows ${SCHEMA_VERSION})`],
  }
}

/** Every further name leads to one room that is there, and what a room is called leads to it. */
function names(database: DatabaseSync): Finding {
  const wrong = database
    .prepare(
      `SELECT key FROM room_names WHERE room NOT IN (SELECT number FROM rooms WHERE substr(key, 1, 1) <> '@')
        OR key IN (SELECT key FROM rooms)`,
    )
    .all()
    .map(row => text(row, 'key'))
  const leads = database.prepare('SELECT 1 FROM room_names WHERE key = ? AND room = ?')
  const titled = database.prepare(
    `SELECT number, key, title FROM rooms WHERE title IS NOT NULL AND ${NOT_ENDING}`,
  )
  for (const row of titled.iterate()) {
    const key = foldRoom(text(row, 'title'))
    if (key !== row['key'] && leads.get(key, integer(row, 'number')) === undefined) wrong.push(key)
  }
  return wrong.length === 0
    ? { ok: true, lines: ['names: every name of a room leads to it'] }
    : { ok: false, lines: [`names: ${wrong.length} names of rooms do not lead to them; restore a backup`] }
}

function size(database: DatabaseSync, file: string): Finding {
  const events = integer(database.prepare('SELECT count(*) AS count FROM events').get() ?? {}, 'count')
  const rooms = integer(database.prepare('SELECT count(*) AS count FROM rooms').get() ?? {}, 'count')
  return { ok: true, lines: [`size: ${events} events in ${rooms} rooms, ${showBytes(statSync(file).size)}`] }
}

function disk(file: string): Finding[] {
  const directory = dirname(file)
  const { bavail, bsize } = statfsSync(directory)
  const free = bavail * bsize
  return [
    {
      ok: free >= LITTLE_SPACE,
      lines: [`free: ${showBytes(free)}${free < LITTLE_SPACE ? '; make room, or shorten what is kept' : ''}`],
    },
    syncing(directory),
  ]
}

/** How long the disk takes to sync. A disk that takes no write at all is a finding too. */
function syncing(directory: string): Finding {
  try {
    const sync = medianSync(directory)
    const advice = sync > SLOW_SYNC ? '; every message waits for that: use a faster disk' : ''
    return { ok: sync <= SLOW_SYNC, lines: [`sync: ${sync.toFixed(2)} ms${advice}`] }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, lines: [`sync: the disk takes no write (${reason}); make room, or check its mount`] }
  }
}

/** How long the disk takes to sync one write, ms. */
function medianSync(directory: string): number {
  const file = join(directory, `sync-test.${process.pid}`)
  const opened = openSync(file, 'wx', 0o600)
  try {
    const times: number[] = []
    for (let i = 0; i < SYNCS; i++) {
      writeSync(opened, Buffer.alloc(4096, i))
      const began = performance.now()
      fsyncSync(opened)
      times.push(performance.now() - began)
    }
    return times.sort((a, b) => a - b)[SYNCS / 2] ?? 0
  } finally {
    closeSync(opened)
    rmSync(file, { force: true })
  }
}
