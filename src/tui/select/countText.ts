/** Numbers of messages for people. */

import { type CleanText, clean } from '../text/clean.ts'

/** At most three cells: counts stop at 1,000, and nobody reads them so exactly. */
export function countText(count: number): CleanText {
  return count > 99 ? clean`99+` : clean`${count}`
}
