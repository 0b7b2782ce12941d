/** What stands on the screen whatever is said. */

import type { Size } from '../model/state.ts'
import { clean } from '../text/clean.ts'
import { truncate } from '../text/width.ts'
import { type Row, span } from './row.ts'

const STROKE: Row = [span(clean`│`, 'rule')]

/** The line between the list of rooms and the timeline. */
export function columnRule(height: number): readonly Row[] {
  return Array.from({ length: height }, () => STROKE)
}

/** Where there is no place for anything else. */
export function tooSmallRow({ columns }: Size): Row {
  return [span(truncate(columns < 18 ? clean`too small` : clean`terminal too small`, columns), 'warning')]
}
