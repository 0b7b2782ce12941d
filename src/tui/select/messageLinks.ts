/** The addresses in a message, in the order of the digits that open them. */

import type { MessageEntry } from '../../client/timelineEntry.ts'
import { cleanText } from '../text/clean.ts'
import { type Link, linksIn } from '../text/links.ts'

/** Digits that open an address. */
const MOST = 9

/** The first addresses in the text of a message; none in a deleted one. */
export function linksOf({ text = '' }: MessageEntry): readonly Link[] {
  return linksIn(cleanText(text)).slice(0, MOST)
}
