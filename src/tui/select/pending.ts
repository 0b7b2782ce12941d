/** Messages with our pending changes folded in. */

import type { OutboxEntry } from '../../client/outbox.ts'
import { foldReaction } from '../../client/reactions.ts'
import type { MessageEntry } from '../../client/timelineEntry.ts'

/** A message with changes that are not acknowledged yet. */
export type ShownMessage = MessageEntry & { readonly isChanging?: true }

// The same object for the same message and changes: rows are kept by it.
const kept = new WeakMap<
  MessageEntry,
  { readonly outbox: readonly OutboxEntry[]; readonly shown: ShownMessage }
>()

/** The message with our pending changes folded in; the same object if there are none. */
export function withPending(message: MessageEntry, outbox: readonly OutboxEntry[], me: string): ShownMessage {
  if (!outbox.some(entry => isChangeOf(entry, message))) return message
  const known = kept.get(message)
  if (known?.outbox === outbox) return known.shown
  const changed = outbox
    .filter(entry => isChangeOf(entry, message))
    .reduce((shown, { request }) => fold(shown, request, me), message)
  const shown: ShownMessage = { ...changed, isChanging: true }
  kept.set(message, { outbox, shown })
  return shown
}

/** Whether an entry changes a message, and has not failed. */
function isChangeOf({ request, state }: OutboxEntry, { seq }: MessageEntry): boolean {
  return 'target' in request && request.target === seq && state.status !== 'failed'
}

function fold(message: MessageEntry, request: OutboxEntry['request'], me: string): MessageEntry {
  switch (request.action) {
    case 'edit':
      return { ...message, text: request.message, edited: message.edited ?? message.seq }
    case 'delete':
      return { ...message, text: undefined, reactions: {} }
    case 'react': {
      const { emoji, on, target, room } = request
      const event = {
        action: 'react',
        room,
        seq: 0,
        prev: 0,
        ts: 0,
        id: '',
        from: me,
        target,
        emoji,
        on,
      } as const
      return { ...message, reactions: foldReaction(message.reactions, event) }
    }
    default:
      return message
  }
}
