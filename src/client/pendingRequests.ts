import { readResult } from '../protocol/codec.ts'
import type { Request, RequestResult, results } from '../protocol/requests.ts'
import type { ErrorFrame, Ok } from '../protocol/responses.ts'

/** The answer to a question: the result, or the server's refusal (`code` `offline` where the line was down). */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly message: string }

type Asked = keyof typeof results

/** Requests that somebody waits for the answer of. Each is answered once: by the server, or by the end of the line. */
export class Questions {
  readonly #send: (request: Request) => boolean
  readonly #pending = new Map<string, (frame: Ok | ErrorFrame | undefined) => void>()
  #asked = 0

  /** @param send sends a request; false where the line is down */
  constructor(send: (request: Request) => boolean) {
    this.#send = send
  }

  /** Asks; the id is made here. */
  ask<Action extends Asked>(
    request: Request<Action> & { readonly action: Action },
  ): Promise<Answer<RequestResult<Action>>> {
    return new Promise(resolve => this.askInOrder(request, resolve))
  }

  /** Asks, and hears the answer before the frame behind it is taken: for answers that the next frames build on. */
  askInOrder<Action extends Asked>(
    request: Request<Action> & { readonly action: Action },
    onAnswer: (answer: Answer<RequestResult<Action>>) => void,
  ): void {
    const id = `q-${++this.#asked}`
    this.#pending.set(id, frame => onAnswer(this.#answer(request.action, frame)))
    if (!this.#send({ ...request, id })) this.#settle(id, undefined)
  }

  /** Takes an answer; false where nobody waits for it. */
  take(frame: Ok | ErrorFrame): boolean {
    return frame.id !== undefined && this.#settle(frame.id, frame)
  }

  /** The line broke: nothing that was asked will be answered. */
  interrupt(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id, undefined)
  }

  #settle(id: string, frame: Ok | ErrorFrame | undefined): boolean {
    const settle = this.#pending.get(id)
    this.#pending.delete(id)
    settle?.(frame)
    return settle !== undefined
  }

  #answer<Action extends Asked>(
    action: Action,
    frame: Ok | ErrorFrame | undefined,
  ): Answer<RequestResult<Action>> {
    if (frame === undefined) return { ok: false, code: 'offline', message: 'the line to the server is down' }
    if (frame.action === 'error') return { ok: false, code: frame.code, message: frame.message }
    const value = readResult(action, frame)
    if (value === undefined) {
      return {
        ok: false,
        code: 'bad_answer',
        message: `the server's answer to "${action}" is not as the protocol says`,
      }
    }
    return { ok: true, value }
  }
}
