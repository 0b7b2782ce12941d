import { type Refusal, refuse } from '../../protocol/errors.ts'
import { roomLike } from '../log/skeleton.ts'
import type { Client } from './client.ts'
import type { Conversation } from './conversation.ts'

/** When the name of a room that is being deleted may be free, ms. */
const RETRY_AFTER_END = 2_000

/**
 * Why a client may not make a room by joining it, or a direct conversation by its first message; undefined where it is there
 * already, or may be made. Counts one that may.
 */
export function refuseNewRoom(client: Client, { key, name, isDirect }: Conversation): Refusal | undefined {
  const { rooms, accounts, strangers, log } = client.services
  const isThere = isDirect ? log.head(key) !== undefined : rooms.find(key) !== undefined
  if (isThere) return undefined
  if (!isDirect && log.isEnding(key)) {
    const message = `the room "${name}" is being deleted; try again in a moment`
    return refuse('rate_limited', message, { retryAfter: RETRY_AFTER_END }).error
  }
  const like = isDirect ? undefined : rooms.lookalike(key, name)
  if (like !== undefined) return roomLike(name, like)
  const { isGuest, accountNumber, connection, session } = client
  if (isGuest && !isDirect && accounts.policy.guests !== 'speak')
    return refuse('forbidden', 'there is no such room, and guests make none here').error
  const maker = accountNumber === undefined ? connection.limitedBy : `account ${accountNumber}`
  const isStranger = isGuest && !isDirect && !connection.isLocal
  const guest = isStranger ? (session?.number ?? `plain ${connection.address}`) : undefined
  const wait = strangers.makeRoom(maker, guest === undefined ? undefined : String(guest), performance.now())
  if (wait === 0) return undefined
  const retryAfter = Math.ceil(wait)
  return refuse('rate_limited', 'you have made many new rooms; wait, or use those that are there', {
    retryAfter,
  }).error
}
