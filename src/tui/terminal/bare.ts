/** The bare view: messages without columns, so that the terminal itself can select them, line by line as they were written. */

import { type CleanText, clean } from '../text/clean.ts'
import { textWidth } from '../text/width.ts'

/** An alternate screen, cleared, that breaks long lines itself: a selection then has them whole. */
const ON = '\x1b[?1049h\x1b[2J\x1b[H\x1b[?7h'
const OFF = '\x1b[?7l\x1b[?1049l'
const ADVICE = clean`— select with the mouse; any key goes back —`

/**
 * Shows the newest of these lines that fit, until `pressed` resolves.
 * @param lines from top to bottom, each as long as it is
 */
export async function showBare(
  stdout: NodeJS.WriteStream,
  lines: readonly CleanText[],
  pressed: Promise<unknown>,
): Promise<void> {
  const columns = stdout.columns > 0 ? stdout.columns : 80
  const room = (stdout.rows > 0 ? stdout.rows : 24) - 1
  stdout.write(ON + [...newest(lines, columns, room), ADVICE].join('\r\n'))
  await pressed
  stdout.write(OFF)
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
