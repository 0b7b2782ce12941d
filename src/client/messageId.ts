import { randomUUID } from 'node:crypto'

/** Where the time ends in a UUID, behind its second hyphen, and the version begins. */
const VERSION_AT = 14

/**
 * A UUID for a message that begins with the time (version 7, RFC 9562), so that those of one name stand together in the
 * server's index: with random ones each message changes another page of it.
 * @param now ms since 1970
 */
export function messageId(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(VERSION_AT + 1)}`
}
