import { refuse } from '../protocol/errors.ts'
import type { EventRequest } from '../protocol/requests.ts'
import type { Limits } from '../protocol/serverLimits.ts'
import { checkMessage, checkText } from '../protocol/texts.ts'
import { messageId } from './messageId.ts'
import type { Outbox } from './outbox.ts'
import type { Answer } from './pendingRequests.ts'
import type { RoomView } from './room.ts'

type Body = EventRequest extends infer R ? (R extends unknown ? Omit<R, 'room' | 'id'> : never) : never

/** What a {@link Speech} needs of its client. */
export interface SpeechOptions {
  readonly outbox: Outbox
  readonly room: (key: string) => RoomView | undefined
  readonly limits: () => Limits
  /** Whether the server is known not to serve an action. */
  readonly isUnserved: (action: string) => boolean
  /** Something was said in a room: its `typing` is over. */
  readonly said: (key: string) => void
}

/** Puts what the user says into the outbox; the answer is its id, or why it can never be sent. */
export class Speech {
  readonly #options: SpeechOptions

  constructor(options: SpeechOptions) {
    this.#options = options
  }

  say(key: string, text: string, replyTo?: number): Answer<string> {
    const checked = checkMessage(text, this.#options.limits().message)
    if (!checked.ok) return checked
    return this.#put(key, { action: 'chat', message: text, ...(replyTo === undefined ? {} : { replyTo }) })
  }

  setTopic(key: string, topic: string): Answer<string> {
    const checked = checkText('a topic', topic, this.#options.limits().topic)
    return checked.ok ? this.#put(key, { action: 'topic', topic }) : checked
  }

  edit(key: string, target: number, text: string): Answer<string> {
    const checked = checkMessage(text, this.#options.limits().message)
    return checked.ok ? this.#put(key, { action: 'edit', target, message: text }) : checked
  }

  delete(key: string, target: number): Answer<string> {
    return this.#put(key, { action: 'delete', target })
  }

  react(key: string, target: number, emoji: string, on: boolean): Answer<string> {
    return this.#put(key, { action: 'react', target, emoji, on })
  }

  #put(key: string, body: Body): Answer<string> {
    const { outbox, room: find, isUnserved, said } = this.#options
    const room = find(key)
    if (room === undefined) return refuse('not_in_room', 'join the room first')
    if (isUnserved(body.action))
      return refuse('unknown_action', `this server does not serve "${body.action}"`)
    const id = messageId()
    outbox.add(key, { ...body, room: room.name, id } as EventRequest & { readonly id: string })
    said(key)
    return { ok: true, value: id }
  }
}
