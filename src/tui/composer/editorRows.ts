/**
 * An editor's text as rows of cells. Unlike in a message, spaces are not trimmed: the cursor can stand on every
 * character, and behind the last one, so rows are one cell narrower than the box.
 */

import { isAmbiguousWide } from '../text/ambiguous.ts'
import { type CleanText, clean, cleanLine, joinClean } from '../text/clean.ts'
import { eachGrapheme, plainCells } from '../text/grapheme.ts'
import { textWidth } from '../text/width.ts'
import { type Editor, moveTo } from './editor.ts'

/** A row as the range of the text that it shows; a line break belongs to no row. */
export type EditorRow = { readonly start: number; readonly end: number }

/** The rows that a box of some height shows. */
export type EditorView = {
  /** The rows to draw, at most as many as the box has. */
  readonly rows: readonly CleanText[]
  /** The cursor's cell, within the box. */
  readonly cursor: { readonly row: number; readonly column: number }
  /** The index of the first shown row. The next call takes it, so that the view scrolls no more than it must. */
  readonly top: number
  /** How many rows there are in all. */
  readonly total: number
}

/** Characters of lines beyond ASCII whose rows are remembered between keys. */
const CACHE_CHARACTERS = 1 << 18

let cacheLimit = 0
let cachedCharacters = 0
let measuredWide = false
const cache = new Map<string, readonly number[]>()
/** The last line that was measured. */
let measured: Measured | undefined

/** The last rows: one key needs them several times. */
let made: { readonly text: string; readonly limit: number; readonly rows: readonly EditorRow[] } | undefined

/** The rows of a text in a box `width` cells wide; at least one. The same arguments in a row give the same array. */
export function editorRows(text: string, width: number): readonly EditorRow[] {
  const limit = rowLimit(width)
  forgetOtherWidths()
  if (made?.text !== text || made.limit !== limit) made = { text, limit, rows: rowsOf(text, limit) }
  return made.rows
}

/** Rows of another width of ambiguous characters are of no use. */
function forgetOtherWidths(): void {
  if (measuredWide === isAmbiguousWide()) return
  measuredWide = isAmbiguousWide()
  made = undefined
  cacheLimit = 0
}

function rowsOf(text: string, limit: number): readonly EditorRow[] {
  const rows: EditorRow[] = []
  for (let start = 0; start <= text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const breaks = lineBreaks(text.slice(start, end), limit)
    let from = start
    for (const at of breaks) {
      rows.push({ start: from, end: start + at })
      from = start + at
    }
    rows.push({ start: from, end })
    start = end + 1
  }
  return rows
}

/**
 * The rows that a box of `width` by `height` cells shows of the editor, with the cursor among them.
 * @param top the `top` of the last view; 0 at first
 */
export function editorView(editor: Editor, width: number, height: number, top = 0): EditorView {
  const limit = rowLimit(width)
  const shown = Math.max(1, height)
  const rows = editorRows(editor.text, width)
  const row = rowOf(rows, editor.cursor)
  const first = Math.max(0, Math.min(Math.max(top, row - shown + 1), row, rows.length - shown))
  return {
    rows: rows
      .slice(first, first + shown)
      .map(({ start, end }) => rowText(editor.text.slice(start, end), limit)),
    cursor: { row: row - first, column: columnOf(editor.text, rows[row], editor.cursor, limit) },
    top: first,
    total: rows.length,
  }
}

/**
 * Moves the cursor `by` rows down (up if negative) and keeps its column over short rows.
 * Undefined if there is no such row: then the key has another meaning, such as the history.
 */
export function moveRows(editor: Editor, width: number, by: number): Editor | undefined {
  const limit = rowLimit(width)
  const rows = editorRows(editor.text, width)
  const row = rowOf(rows, editor.cursor)
  const target = rows[row + by]
  if (target === undefined) return undefined
  const goal = editor.goal ?? columnOf(editor.text, rows[row], editor.cursor, limit)
  const isWrapped = rows[row + by + 1]?.start === target.end
  let column = 0
  let index = target.start
  eachGrapheme(editor.text.slice(target.start, target.end), (start, end) => {
    const after = column + clusterCells(editor.text.slice(target.start + start, target.start + end), limit)
    // Behind the last character of a wrapped row the cursor would be in the next row.
    if (after <= goal && !(isWrapped && target.start + end === target.end)) index = target.start + end
    column = after
  })
  return moveTo(editor, index, goal)
}

const rowLimit = (width: number): number => Math.max(1, Math.floor(width) - 1)

/** The row of the cursor: the last row that begins at or before it. */
function rowOf(rows: readonly EditorRow[], cursor: number): number {
  let low = 0
  let high = rows.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((rows[middle]?.start ?? 0) <= cursor) low = middle
    else high = middle - 1
  }
  return low
}

function columnOf(text: string, row: EditorRow | undefined, cursor: number, limit: number): number {
  let column = 0
  const before = text.slice(row?.start ?? 0, cursor)
  eachGrapheme(before, (start, end) => {
    column += clusterCells(before.slice(start, end), limit)
  })
  return column
}

/** The indices where the rows of a line begin, without the first row. */
function lineBreaks(line: string, limit: number): readonly number[] {
  if (/^[\x20-\x7e]*$/.test(line)) return narrowBreaks(line, limit)
  const known = limit === cacheLimit ? cache.get(line) : undefined
  if (known !== undefined) return known
  if (limit !== cacheLimit || cachedCharacters > CACHE_CHARACTERS) {
    cache.clear()
    cachedCharacters = 0
    cacheLimit = limit
    measured = undefined
  }
  const breaks = measuredBreaks(line, limit, measured)
  measured = { line, breaks }
  cache.set(line, breaks)
  cachedCharacters += line.length
  return breaks
}

/** Breaks of printable ASCII, where an index is a cell: behind the last space that fits, or where the row is full. */
function narrowBreaks(line: string, limit: number): readonly number[] {
  const breaks: number[] = []
  for (let start = 0; line.length - start > limit; ) {
    // Searches only this row: in a line without spaces, each row would search the whole line before it.
    const space = line.slice(start, start + limit).lastIndexOf(' ')
    start += space === -1 ? limit : space + 1
    breaks.push(start)
  }
  return breaks
}

/** A line, and the indices where its rows begin. */
type Measured = { readonly line: string; readonly breaks: readonly number[] }

/**
 * Breaks of any line; also between wide characters. Where a row ends depends on nothing before it, so only the rows that
 * a change touched are measured: a key in 15 KB of Thai costs 0.5 ms instead of 60.
 * @param before a line that may be alike: the one before the last key
 */
function measuredBreaks(line: string, limit: number, before: Measured | undefined): readonly number[] {
  const { same, shift, from } = before === undefined ? NOTHING_ALIKE : alike(before, line)
  const old = before?.breaks ?? []
  const changed = old.findIndex(at => at >= same - CLUSTER_UNITS)
  // The row before the change may take words from it, and the character at its end may change with the next one.
  const breaks = old.slice(0, Math.max(0, (changed === -1 ? old.length : changed) - 1))
  for (let start: number | undefined = breaks.at(-1) ?? 0; ; ) {
    start = nextRow(line, start, limit)
    if (start === undefined) return breaks
    breaks.push(start)
    // Behind the change the rows are the old ones as soon as one begins at the same character.
    const again = start >= from ? old.indexOf(start - shift) : -1
    if (again !== -1) return [...breaks, ...old.slice(again + 1).map(at => at + shift)]
  }
}

/** More units than the longest cluster that keyboards type. */
const CLUSTER_UNITS = 64
const NOTHING_ALIKE = { same: 0, shift: 0, from: Number.POSITIVE_INFINITY }

/** What two lines have in common: the length of their beginning, and from where the rest is the same, shifted. */
function alike({ line: old }: Measured, line: string): { same: number; shift: number; from: number } {
  const shortest = Math.min(old.length, line.length)
  let same = 0
  while (same < shortest && old.charCodeAt(same) === line.charCodeAt(same)) same++
  let tail = 0
  while (
    tail < shortest - same &&
    old.charCodeAt(old.length - 1 - tail) === line.charCodeAt(line.length - 1 - tail)
  )
    tail++
  return { same, shift: line.length - old.length, from: line.length - tail + CLUSTER_UNITS }
}

/** The index where the row after the one at `start` begins; undefined: the row is the last of the line. */
function nextRow(line: string, start: number, limit: number): number | undefined {
  for (let size = 2 * limit + CLUSTER_UNITS; ; size *= 2) {
    const part = line.slice(start, start + size)
    const isWhole = start + size >= line.length
    const end = rowEnd(part, limit, isWhole)
    if (end !== undefined) return start + end
    if (isWhole) return undefined
  }
}

/** Where the first row of a text ends, unless the text ends before that, or `isWhole` is false and its last cluster decides. */
function rowEnd(text: string, limit: number, isWhole: boolean): number | undefined {
  let used = 0
  /** The last index where the row may break. */
  let breakAt = 0
  let previousCells = 0
  let afterSpace = false
  let found: number | undefined
  eachGrapheme(text, (start, end, plain) => {
    if (found !== undefined) return
    const cells = plain !== 0 && plain <= limit ? plain : clusterCells(text.slice(start, end), limit)
    if (start > 0 && (afterSpace || cells === 2 || previousCells === 2)) breakAt = start
    if (used + cells > limit && (isWhole || end < text.length)) found = breakAt > 0 ? breakAt : start
    used += cells
    previousCells = cells
    afterSpace = text.charCodeAt(start) === 0x20
  })
  return found
}

/** The cells that a cluster takes in the composer: at least one, never more than a row. */
function clusterCells(cluster: string, limit: number): number {
  const plain = cluster.length === 1 ? plainCells(cluster.charCodeAt(0)) : 0
  if (plain !== 0 && plain <= limit) return plain
  return textWidth(shownCluster(cluster, limit))
}

/** A cluster as it is drawn: pictures for controls, spaces for a tab, � for clusters without a shape or wider than a row. */
function shownCluster(cluster: string, limit: number): CleanText {
  const shown = cleanLine(cluster)
  const cells = textWidth(shown)
  return cells === 0 || cells > limit ? clean`�` : shown
}

/** Rows that are remembered as they are drawn; a box has at most eight. */
const DRAWN_ROWS = 64
const drawn = new Map<string, CleanText>()

/** A row as it is drawn: made once, however many keys follow. */
function rowText(row: string, limit: number): CleanText {
  const key = `${limit} ${row}`
  const known = drawn.get(key)
  if (known !== undefined) return known
  const text = drawnRow(row, limit)
  if (drawn.size >= DRAWN_ROWS) drawn.clear()
  drawn.set(key, text)
  return text
}

/** Every cluster has the cells that the cursor counts. */
function drawnRow(row: string, limit: number): CleanText {
  const clusters: CleanText[] = []
  let cells = 0
  eachGrapheme(row, (start, end) => {
    const shown = shownCluster(row.slice(start, end), limit)
    clusters.push(shown)
    cells += textWidth(shown)
  })
  // The row is cleaned as a whole, which keeps joiners between letters; cleaning cluster by cluster drops them.
  const whole = cleanLine(row)
  return textWidth(whole) === cells ? whole : joinClean(clusters)
}
