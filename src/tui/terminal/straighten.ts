/**
 * Keeps columns straight on every terminal. Terminals disagree about the cells of some characters (tmux about
 * Devanagari, old ones about joined emoji), which would move the text behind them. So before each border and each new
 * column the cursor is set to its column. Not between words: if a terminal uses more cells than we count, that would
 * overwrite the end of each word.
 */

import { eachGrapheme, plainCells } from '../text/grapheme.ts'
import { graphemeWidth } from '../text/width.ts'

/** A hyperlink, a control sequence, or another control character. */
const CONTROL = /\x1b\]8;[!-~]*\x07|\x1b\[([\d;?]*)[ -/]*([@-~])|[\0-\x1f\x7f]/g

/** The fewest blanks between two columns. */
const COLUMN_GAP = 2

/**
 * The output of a frame, with the cursor set to its column wherever terminals may disagree about it. Plain output stays
 * as it is.
 */
export function straighten(output: string): string {
  if (isAllPlain(output)) return output
  let straight = ''
  /** The column of the cursor; undefined after a sequence that moves it in another way. */
  let column: number | undefined = 0
  let isSure = true
  /** Blanks before the cursor, since the last character that terminals may measure differently. */
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
    // Links, colours and erasing do not move the cursor.
    if (whole.startsWith('\x1b]') || last === 'm' || last === 'K' || last === 'h' || last === 'l') continue
    column =
      whole === '\n' || whole === '\r' || last === 'E' ? 0 : last === 'G' ? columnOf(parameters) : undefined
    isSure = true
  }
  take(output.slice(from))
  return straight
}

const columnOf = (parameters: string): number => Math.max(0, Number(parameters || '1') - 1)

/** Whether a character is a border, or the first of a column: more blanks precede it than one between words. */
function begins(character: string, blanks: number): boolean {
  const code = character.charCodeAt(0)
  return (code >= 0x2500 && code <= 0x259f) || (blanks >= COLUMN_GAP && character !== ' ')
}

/** Whether all terminals measure the output alike. */
function isAllPlain(output: string): boolean {
  for (let at = 0; at < output.length; at++) {
    const unit = output.charCodeAt(at)
    if (unit >= 0x7f && plainCells(unit) === 0) return false
  }
  return true
}
