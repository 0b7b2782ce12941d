import type { NotifyLevel } from '../protocol/notify.ts'
import type { RequestResult } from '../protocol/requests.ts'
import type { Answer, PendingRequests } from './pendingRequests.ts'

/** Which messages of a room call the user. */
export interface Notify {
  /** Undefined: all messages of a direct conversation, and mentions in a room. */
  readonly level: NotifyLevel | undefined
  /** Nothing of a muted room calls the user, and it stands among the quiet ones. */
  readonly muted: boolean
}

/** A change of it; what is left out stays. */
export interface NotifyChange {
  /** `default`: as where the user set nothing. */
  readonly level?: NotifyLevel | 'default'
  readonly muted?: boolean
}

/** What is set where the user set nothing. */
export const NOTHING_SET: Notify = { level: undefined, muted: false }

/** What a server says of a room. */
export function notifyIn({ level, muted }: Partial<RequestResult<'notify'>>): Notify {
  return { level, muted: muted === true }
}

/** A room, as far as this is set for it. */
interface Settable {
  readonly name: string
  notify: Notify
  touch(): void
}

/** Sets it for a room, on all devices of the user. */
export async function setNotify(
  requests: PendingRequests,
  room: Settable,
  change: NotifyChange,
): Promise<Answer<undefined>> {
  const answer = await requests.ask({ action: 'notify', room: room.name, ...change })
  if (!answer.ok) return answer
  room.notify = notifyIn(answer.value)
  room.touch()
  return { ok: true, value: undefined }
}
