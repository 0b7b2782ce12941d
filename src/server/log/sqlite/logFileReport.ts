import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { errorCode, errorReason } from '../../../files/errorCode.ts'
import { isDamage } from '../../../files/sqliteErrors.ts'
import { failure, type Result, success } from '../../../protocol/errors.ts'
import { showBytes } from '../../byteSize.ts'
import { integer, optionalInteger } from './columns.ts'
import { checkRules } from './logRules.ts'
import { SCHEMA_VERSION, schemaVersion } from './schema.ts'
import { isLive, openUntouched } from './untouchedLog.ts'

/** The header of a file of SQLite (sqlite.org/fileformat2.html). */
const HEADER_BYTES = 100
const MAGIC = Buffer.from('SQLite format 3\0')
const PAGE_SIZE_AT = 16
const CHANGES_AT = 24
const PAGES_AT = 28
const LAYOUT_AT = 60
const PAGES_VALID_FOR_AT = 92
/** In its two bytes this stands for 65536. */
const LARGEST_PAGE = 1

/** How much a log holds. */
export interface LogContent {
  readonly events: number
  /** Direct conversations included. */
  readonly rooms: number
  /** The time of the newest event, ms since 1970. */
  readonly newest: number | undefined
}

/** What a check of a file of a log found. */
export interface LogFileReport {
  readonly ok: boolean
  /** For a person. */
  readonly lines: readonly string[]
  readonly layout: number
  readonly bytes: number
  /** Undefined where damage is in the way. */
  readonly content: LogContent | undefined
}

/**
 * Checks a file of a log, of any layout that this chatd reads: a backup, or a log in use. Nothing is locked and nothing is
 * written. The error is a sentence about a file that is no such log.
 */
export function checkLogFile(file: string): Result<LogFileReport, string> {
  for (let isAgain = false; ; isAgain = true) {
    const [live, before] = [isLive(file), momentOf(file)]
    const found = look(file)
    if ((found.ok && found.value.ok) || live || momentOf(file) === before) return found
    // A log in use that was closed or opened meanwhile, or a copy that is being written.
    if (isAgain) return failure(`${file} changes while it is checked; check it again once it is whole`)
  }
}

/** How much a log holds; undefined where it cannot be read. */
export function contentOf(file: string): LogContent | undefined {
  try {
    const { database, close } = openUntouched(file)
    try {
      return countContent(database)
    } finally {
      close()
    }
  } catch {
    return undefined
  }
}

/** The layout of a log by the header of its file, which costs next to nothing; undefined where it is no file of SQLite. */
export function layoutInHeader(file: string): number | undefined {
  const header = headerOf(file)
  return header.length === HEADER_BYTES && isMagic(header) ? header.readUInt32BE(LAYOUT_AT) : undefined
}

function look(file: string): Result<LogFileReport, string> {
  const stat = statOf(file)
  if (!stat.ok) return stat
  const { size } = stat.value
  try {
    const problem = problemOfHeader(file, size)
    if (problem !== undefined) return failure(problem)
    const { database, close } = openUntouched(file)
    try {
      // One moment of a log in use.
      database.exec('BEGIN')
      return lookInside(file, size, database)
    } finally {
      close()
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (isDamage(error)) return failure(`${file} is damaged (${reason}); take another backup`)
    const code = errorCode(error)
    if (code === 'EACCES')
      return failure(`${file} cannot be read (${code}); run this as its owner, or as root`)
    if (code === 'ENOSPC')
      return failure(
        `${file}-wal belongs to ${file}, and both are copied to check them, for which there is no room: set TMPDIR to a directory with room`,
      )
    return failure(`${file} cannot be read (${reason}); check its owner and its disk`)
  }
}

function statOf(file: string): Result<Stats, string> {
  let stat: Stats | undefined
  try {
    stat = statSync(file, { throwIfNoEntry: false })
  } catch (error) {
    const reason = errorReason(error)
    return failure(`${file} cannot be seen (${reason}); run this as its owner, or as root`)
  }
  if (stat === undefined) return failure(`there is no file ${file}`)
  if (stat.isDirectory())
    return failure(`${file} is a directory; name a file in it: a backup, or chatd.db of a data directory`)
  // To open a pipe would wait for its writer.
  return stat.isFile()
    ? success(stat)
    : failure(`${file} is no plain file; write what it gives into a file, and name that`)
}

/** A sentence about a file that is no whole file of SQLite. */
function problemOfHeader(file: string, size: number): string | undefined {
  if (size === 0) return `${file} is empty; take another backup`
  const header = headerOf(file)
  if (!isMagic(header))
    return `${file} is no log of chatd; if it was compressed or encrypted, undo that first, else take another backup`
  if (header.length < HEADER_BYTES) return cutShort(file, size)
  const hasWal = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  const isCounted = header.readUInt32BE(CHANGES_AT) === header.readUInt32BE(PAGES_VALID_FOR_AT)
  const page = header.readUInt16BE(PAGE_SIZE_AT)
  const bytes = header.readUInt32BE(PAGES_AT) * (page === LARGEST_PAGE ? 65_536 : page)
  return !hasWal && isCounted && size < bytes ? cutShort(file, size, bytes) : undefined
}

function cutShort(file: string, size: number, bytes?: number): string {
  const of = bytes === undefined ? '' : ` of ${bytes}`
  return `${file} was cut short: it has ${size}${of} bytes; copy it again, or take another backup`
}

function lookInside(file: string, bytes: number, database: DatabaseSync): Result<LogFileReport, string> {
  const layout = schemaVersion(database)
  if (layout > SCHEMA_VERSION)
    return failure(
      `${file} was written by a newer chatd (layout ${layout}, this one knows ${SCHEMA_VERSION}); use that version`,
    )
  const isLog = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log' AND type = 'table'").get()
  if (layout === 0 || isLog === undefined)
    return failure(`${file} is no log of chatd, but of another program`)
  const findings = checkRules(database)
  const ok = findings.every(finding => finding.ok)
  const content = ok ? countContent(database) : undefined
  const migrates = layout < SCHEMA_VERSION ? '; its next start brings it to that' : ''
  return success({
    ok,
    layout,
    bytes,
    content,
    lines: [
      `file: ${file}, ${showBytes(bytes)}`,
      ...findings.flatMap(finding => finding.lines),
      `layout: ${layout} (this chatd knows ${SCHEMA_VERSION}${migrates})`,
      ...(content === undefined ? [] : [`content: ${describeContent(content)}`]),
    ],
  })
}

/** How much a log holds, in words. */
export function describeContent({ events, rooms, newest }: LogContent): string {
  const until = newest === undefined ? '' : `, until ${new Date(newest).toISOString()}`
  return `${events} ${events === 1 ? 'event' : 'events'} in ${rooms} ${rooms === 1 ? 'room' : 'rooms'}${until}`
}

function countContent(database: DatabaseSync): LogContent {
  const row =
    database
      .prepare(
        `SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM rooms) AS rooms,
          (SELECT ts FROM events ORDER BY seq DESC LIMIT 1) AS newest`,
      )
      .get() ?? {}
  return {
    events: integer(row, 'events'),
    rooms: integer(row, 'rooms'),
    newest: optionalInteger(row, 'newest'),
  }
}

function headerOf(file: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  const descriptor = openSync(file, 'r')
  try {
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0))
  } finally {
    closeSync(descriptor)
  }
}

function isMagic(header: Buffer): boolean {
  return header.subarray(0, MAGIC.length).equals(MAGIC)
}

/** What tells one moment of a file and of what belongs to it from another. */
function momentOf(file: string): string {
  return ['', '-wal']
    .map(end => {
      try {
        const { ino, size, mtimeNs } = statSync(file + end, { bigint: true })
        return `${ino} ${size} ${mtimeNs}`
      } catch {
        return '-'
      }
    })
    .join(' ')
}
