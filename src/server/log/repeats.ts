import { type Result, refuse, success } from '../../protocol/errors.ts'
import type { EventBody, EventEntry } from './entries.ts'
import type { LoggedEvent, Stored } from './log.ts'

/** The answer to an entry whose id was used before: the first answer where the content is the same, else `id_reused`. */
export function answerRepeat(entry: EventEntry, earlier: LoggedEvent): Result<Stored> {
  if (earlier.roomKey === entry.roomKey && isSame(entry.body, earlier)) {
    return success({ seq: earlier.seq, ts: earlier.ts })
  }
  return refuse('id_reused', 'this id was used before for something else; make a new one for each request')
}

/** Compares an entry with the stored event. A text that was changed or removed since is not there to compare; then the other fields decide. */
function isSame(body: EventBody, event: LoggedEvent): boolean {
  switch (body.action) {
    case 'topic':
      return event.action === 'topic' && event.topic === body.topic
    case 'chat':
      return (
        event.action === 'chat' &&
        event.replyTo === body.replyTo &&
        (event.edited !== undefined || event.deleted !== undefined || event.message === body.message)
      )
    case 'edit':
      return (
        event.action === 'edit' &&
        event.target === body.target &&
        (event.message === undefined || event.message === body.message)
      )
    case 'delete':
      return event.action === 'delete' && event.target === body.target
    case 'react':
      return (
        event.action === 'react' &&
        event.target === body.target &&
        event.emoji === body.emoji &&
        event.on === body.on
      )
  }
}
