/**
 * The visible part of a timeline. Every function walks block by block from the user's position, so its cost depends on
 * the height of the pane and not on the length of the history.
 */

import type { Anchor } from '../model/view.ts'
import { blockAt, blockCount, blockRows, type Scene, tailRow } from './blocks.ts'
import { entryKey } from './entryRows.ts'
import type { Row } from './row.ts'

/** A row of a timeline: the index of its block, and of the row in the block. */
export type RowPosition = { readonly block: number; readonly row: number }

/** What is visible. */
export type Viewport = {
  /** From top to bottom, at most as many as the pane is high. */
  readonly rows: readonly Row[]
  readonly top: RowPosition
  /** The last block that is visible in part. */
  readonly lastBlock: number
  /** Whether the last row of the timeline is visible. */
  readonly atBottom: boolean
}

/** The rows that a pane of this height shows. */
export function viewportOf(scene: Scene, anchor: Anchor | 'bottom', height: number): Viewport {
  const lowest = bottomPosition(scene, height)
  const wanted = anchor === 'bottom' ? undefined : positionOf(scene, anchor)
  const top = wanted === undefined || isBehind(wanted, lowest) ? lowest : wanted
  const rows: Row[] = []
  let lastBlock = top.block
  let skip = top.row
  let isNamed = false
  for (let block = top.block; block < blockCount(scene) && rows.length < height; block++) {
    // The first message that begins on the screen shows its name: the row that showed it before is not visible.
    const isFirst: boolean = !isNamed && scene.room.timeline[block - 1]?.kind === 'message'
    const shown = blockAt(scene, block, isFirst && skip === blockAt(scene, block).before.length)
    isNamed ||= isFirst && shown.own.length > 0 && skip <= shown.before.length
    const found = blockRows(shown)
    for (let at = skip; at < found.length && rows.length < height; at++) {
      const row = found[at]
      if (row !== undefined) rows.push(row)
      lastBlock = block
    }
    skip = 0
  }
  return { rows: withTail(scene, top, rows), top, lastBlock, atBottom: !isBehind(lowest, top) }
}

/** The rows with the sender in the first one, where they begin with the tail of a message. */
function withTail(scene: Scene, top: RowPosition, rows: readonly Row[]): readonly Row[] {
  const { before, own } = blockAt(scene, top.block)
  const at = top.row - before.length
  const [first, ...others] = rows
  if (first === undefined || at <= 0 || at >= own.length) return rows
  return [tailRow(scene, top.block, first), ...others]
}

/** The position `by` rows below (above where negative), not beyond the ends. */
export function moved(scene: Scene, from: RowPosition, by: number): RowPosition {
  return by < 0 ? above(scene, from, -by) : below(scene, from, by)
}

/** The top of a pane whose last row is the newest row. */
export function bottomPosition(scene: Scene, height: number): RowPosition {
  return above(scene, { block: blockCount(scene), row: 0 }, height)
}

/** The top of a pane whose last row is the last row of a block. */
export function positionEndingAt(scene: Scene, block: number, height: number): RowPosition {
  return above(scene, { block: block + 1, row: 0 }, height)
}

/** Whether `a` stands below `b`. */
export function isBehind(a: RowPosition, b: RowPosition): boolean {
  return a.block > b.block || (a.block === b.block && a.row > b.row)
}

/**
 * The anchor of a pane that begins at this position: the first message at or below it, since messages stay while gaps
 * close and separators move. Undefined if there is no such message; then the pane follows the bottom.
 */
export function anchorAt(scene: Scene, top: RowPosition): Anchor | undefined {
  let distance = -top.row
  for (let block = top.block; block < blockCount(scene); block++) {
    const entry = scene.room.timeline[block - 1]
    const found = blockAt(scene, block)
    if (entry?.kind === 'message' || entry?.kind === 'topic') {
      return { key: entryKey(entry), row: -(distance + found.before.length), hint: block - 1 }
    }
    distance += blockRows(found).length
  }
  return undefined
}

/** The present position of an anchor; undefined if its entry is no longer kept. */
function positionOf(scene: Scene, anchor: Anchor): RowPosition | undefined {
  const at = indexOf(scene, anchor)
  if (at === undefined) return undefined
  return moved(scene, { block: at + 1, row: 0 }, blockAt(scene, at + 1).before.length + anchor.row)
}

/** The index of the anchor's entry; the search begins at its last known index. */
function indexOf({ room }: Scene, { key, hint }: Anchor): number | undefined {
  const { timeline } = room
  const start = Math.max(0, Math.min(hint, timeline.length - 1))
  for (let away = 0; away < timeline.length; away++) {
    for (const at of away === 0 ? [start] : [start + away, start - away]) {
      const entry = timeline[at]
      if (entry !== undefined && entryKey(entry) === key) return at
    }
  }
  return undefined
}

function above(scene: Scene, from: RowPosition, count: number): RowPosition {
  let { block, row } = from
  let left = count
  while (left > row) {
    if (block === 0) return { block: 0, row: 0 }
    left -= row
    block--
    row = blockRows(blockAt(scene, block)).length
  }
  return { block, row: row - left }
}

function below(scene: Scene, from: RowPosition, count: number): RowPosition {
  let { block, row } = from
  let left = count
  for (;;) {
    const rows = blockRows(blockAt(scene, block)).length
    if (row + left < rows || block === blockCount(scene) - 1) {
      return { block, row: Math.min(row + left, Math.max(0, rows - 1)) }
    }
    left -= rows - row
    block++
    row = 0
  }
}
