import stringWidth, { type Options } from 'string-width'
import { textWidth } from './width.ts'

const ESCAPE = /[\u001b\u0080-\u009f]/
/** What Ink itself writes between the characters: colours and weights. */
const STYLES = /\u001b\[[\d;]*m/g

/**
 * The measure that the build gives Ink in the place of `string-width`, which is the same but for its cost: every row of
 * the screen holds a ruler, and with one character beyond ASCII the whole row takes the long way there. At the start
 * that way compiles what knows all emoji, a tenth of the time to the first frame.
 */
export default function inkWidth(text: string, options: Options = {}): number {
  const shown = options.countAnsiEscapeCodes === true ? text : text.replaceAll(STYLES, '')
  if (options.ambiguousIsNarrow === false || ESCAPE.test(shown)) return stringWidth(text, options)
  return textWidth(shown)
}
