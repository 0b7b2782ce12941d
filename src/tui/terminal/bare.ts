/** The bare view: messages without columns, so that the terminal itself can select them, line by line as they were written. */

import { type CleanText, clean } from '../text/clean.ts'
import { textWidth } from '../text/width.ts'

/** An alternate screen, cleared. */
const ALTERNATE = ['\x1b[?1049h\x1b[2J\x1b[H', '\x1b[?1049l'] as const
/** The terminal breaks long lines itself: a selection then has them whole. */
const WRAP = ['\x1b[?7h', '\x1b[?7l'] as const
const ADVICE = clean`— select with the mouse; any key goes back —`

/**
 * Shows lines until `pressed` resolves: the newest that fit, or, where all are wanted and they do not fit, all of them on the
 * main screen, which scrolls back.
 * @param lines from top to bottom, each as long as it is
 */
export async function showBare(
  stdout: NodeJS.WriteStream,
  lines: readonly CleanText[],
  isWhole: boolean,
  pressed: Promise<unknown>,
): Promise<void> {
  const columns = stdout.columns > 0 ? stdout.columns : 80
  const all = [...lines, ADVICE]
  const shown = newest(all, columns, stdout.rows > 0 ? stdout.rows : 24)
  const isLong = isWhole && shown.length < all.length
  const [on, off] = isLong ? ['', '\r\n'] : ALTERNATE
  stdout.write(on + WRAP[0] + (isLong ? all : shown).join('\r\n'))
  await pressed
  stdout.write(WRAP[1] + off)
}

/** The last lines that fit into so many rows. */
export function newest(lines: readonly CleanText[], columns: number, rows: number): readonly CleanText[] {
  let used = 0
  let first = lines.length
  while (first > 0) {
    const cells = textWidth(lines[first - 1] ?? clean``)
    used += Math.max(1, Math.ceil(cells / columns))
    if (used > rows) break
    first--
  }
  return lines.slice(first)
}
