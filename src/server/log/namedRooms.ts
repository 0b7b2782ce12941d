import { type Result, success } from '../../protocol/errors.ts'
import { type ConversationName, parseConversation } from '../../protocol/names.ts'
import type { RoomDirectory } from './log.ts'

/** The meaning of a written name: of a room, the key under which everything of it is kept. */
export type NamedConversation =
  | Extract<ConversationName, { kind: 'direct' }>
  | {
      readonly kind: 'room'
      readonly key: string
      /** As it was written. */
      readonly name: string
      /** The name, folded: another than the key where the room was renamed. */
      readonly nameKey: string
    }

/** What people call a room. */
export function titleOf({
  name,
  title,
}: {
  readonly name: string
  readonly title?: string | undefined
}): string {
  return title ?? name
}

/**
 * Checks a written name and gives its conversation. Every name that comes in, from clients and from operators, passes here: all
 * names that a room has had lead to it. Errors: see `parseConversation`.
 */
export function resolveName(
  directory: Pick<RoomDirectory, 'leadsTo'>,
  written: string,
): Result<NamedConversation> {
  const parsed = parseConversation(written)
  if (!parsed.ok) return parsed
  if (parsed.value.kind === 'direct') return success(parsed.value)
  const { key: nameKey, name } = parsed.value
  return success({ kind: 'room', key: directory.leadsTo(nameKey), name, nameKey })
}
