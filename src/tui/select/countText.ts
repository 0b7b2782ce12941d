/** Numbers of messages for people. */

import { type CleanText, clean } from '../text/clean.ts'

/** A count in at most three cells: from 1,000 on it is a round number. */
export function countText(count: number): CleanText {
  return count > 99 ? clean`99+` : clean`${count}`
}
