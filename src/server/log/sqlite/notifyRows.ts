import { NOTIFY_LEVELS } from '../../../protocol/notify.ts'
import type { Notify } from '../notify.ts'
import { integer, optionalText, type Row, text } from './columns.ts'

/** What a session (a number) has set for its rooms. */
export const SELECT_NOTIFY = 'SELECT room, level, muted FROM notify WHERE session = ?'

/** A row of {@link SELECT_NOTIFY}. */
export function notifyOf(row: Row): readonly [roomKey: string, notify: Notify] {
  const kept = optionalText(row, 'level')
  return [
    text(row, 'room'),
    { level: NOTIFY_LEVELS.find(level => level === kept), muted: integer(row, 'muted') === 1 },
  ]
}
