import { type Result, refuse, success } from '../../protocol/errors.ts'

/** The position that a cursor of messages means: the seq of the last hit of its page. Clients do not look at it. */
export function parseCursor(cursor: string): Result<number> {
  const seq = Number(cursor)
  if (/^\d{1,16}$/.test(cursor) && Number.isSafeInteger(seq)) return success(seq)
  return refuse('bad_frame', 'the cursor is none that this server gave; ask without one')
}
