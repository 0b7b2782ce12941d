/**
 * Keeps columns straight on every terminal. Terminals disagree about the cells of some characters (tmux about
 * Devanagari, old ones about joined emoji), and what stands behind one in its row would be moved. So the cursor is put
 * where it belongs before each border and each new column. Not between words: where a terminal needs more cells than
 * we count, that would write over the end of each word.
 */

import { eachGrapheme, plainCells } from '../text/grapheme.ts'
import { graphemeWidth } from '../text/width.ts'

/** A control sequence, or another control character. */
const CONTROL = /\x1b\[([\d;?]*)[ -/]*([@-~])|[\0-\x1f\x7f]/g

/** Blanks between two columns, at least. */
const COLUMN_GAP = 2

/**
 * What is written to the terminal, rows of it and sequences, with the cursor put into the right column wherever
 * terminals may differ about where it is. Plain output stays as it is.
 */
export function straighten(output: string): string {
  if (isAllPlain(output)) return output
  let straight = ''
  /** Where the cursor is; undefined where a sequence moved it somewhere else than to a column. */
  let column: number | undefined = 0
  let isSure = true
  /** Blanks before the cursor, since the last character that terminals may differ about. */
  let blanks = 0
  let from = 0
  const take = (text: string): void => {
    eachGrapheme(text, (start, end) => {
      const cluster = text.slice(start, end)
      const isPlain = cluster.length === 1 && plainCells(cluster.charCodeAt(0)) !== 0
      if (isPlain && !isSure && column !== undefined && begins(cluster, blanks)) {
        straight += `\x1b[${column + 1}G`
        isSure = true
      }
      straight += cluster
      if (!isPlain) isSure = false
      blanks = cluster === ' ' ? blanks + 1 : 0
      if (column !== undefined) column += graphemeWidth(cluster)
    })
  }
  for (const control of output.matchAll(CONTROL)) {
    take(output.slice(from, control.index))
    const [whole, parameters = '', last] = control
    straight += whole
    from = control.index + whole.length
    // Colours and erasing leave the cursor where it is.
    if (last === 'm' || last === 'K' || last === 'h' || last === 'l') continue
    column =
      whole === '\n' || whole === '\r' || last === 'E' ? 0 : last === 'G' ? columnOf(parameters) : undefined
    isSure = true
  }
  take(output.slice(from))
  return straight
}

const columnOf = (parameters: string): number => Math.max(0, Number(parameters || '1') - 1)

/** Whether a character is a border, or the first of a column: behind more than the blank between two words. */
function begins(character: string, blanks: number): boolean {
  const code = character.charCodeAt(0)
  return (code >= 0x2500 && code <= 0x259f) || (blanks >= COLUMN_GAP && character !== ' ')
}

/** Whether there is nothing in it that terminals could differ about. */
function isAllPlain(output: string): boolean {
  for (let at = 0; at < output.length; at++) {
    const unit = output.charCodeAt(at)
    if (unit >= 0x7f && plainCells(unit) === 0) return false
  }
  return true
}
