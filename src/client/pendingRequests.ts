import { readResult } from '../protocol/codec.ts'
import { failure, type Result, success } from '../protocol/errors.ts'
import type { Request, RequestResult, results } from '../protocol/requests.ts'
import type { ErrorFrame, Ok } from '../protocol/responses.ts'

/** Why a request failed. A newer server can have codes that this client does not know. */
interface RequestFailure {
  /** The server's code; or `offline`: no connection, `bad_answer`: the answer breaks the protocol. */
  readonly code: string
  /** For a person. */
  readonly message: string
  /** Of `auth_required`: what a signature must hold. */
  readonly nonce?: string
}

/** The answer to a request. */
export type Answer<T> = Result<T, RequestFailure>

type Askable = keyof typeof results

/** Requests that wait for their answers. Each is answered once: by the server, or by the loss of the connection. */
export class PendingRequests {
  readonly #send: (request: Request) => boolean
  readonly #pending = new Map<string, (frame: Ok | ErrorFrame | undefined) => void>()
  #asked = 0

  /** @param send sends a request; false without a connection */
  constructor(send: (request: Request) => boolean) {
    this.#send = send
  }

  /** Sends a request with a new id; resolves with its answer. */
  ask<Action extends Askable>(
    request: Request<Action> & { readonly action: Action },
  ): Promise<Answer<RequestResult<Action>>> {
    return new Promise(resolve => this.askInOrder(request, resolve))
  }

  /** Sends a request; `onAnswer` runs before the next frame is handled, since later frames can depend on the answer. */
  askInOrder<Action extends Askable>(
    request: Request<Action> & { readonly action: Action },
    onAnswer: (answer: Answer<RequestResult<Action>>) => void,
  ): void {
    const id = `q-${++this.#asked}`
    this.#pending.set(id, frame => onAnswer(this.#answer(request.action, frame)))
    if (!this.#send({ ...request, id })) this.#settle(id, undefined)
  }

  /** Handles an answer; false if no request waits for it. */
  take(frame: Ok | ErrorFrame): boolean {
    return frame.id !== undefined && this.#settle(frame.id, frame)
  }

  /** The connection was lost: no pending request will be answered. */
  interrupt(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id, undefined)
  }

  #settle(id: string, frame: Ok | ErrorFrame | undefined): boolean {
    const settle = this.#pending.get(id)
    this.#pending.delete(id)
    settle?.(frame)
    return settle !== undefined
  }

  #answer<Action extends Askable>(
    action: Action,
    frame: Ok | ErrorFrame | undefined,
  ): Answer<RequestResult<Action>> {
    if (frame === undefined)
      return failure({ code: 'offline', message: 'there is no connection to the server' })
    if (frame.action === 'error') {
      const { code, message, nonce } = frame
      return failure({ code, message, ...(nonce === undefined ? {} : { nonce }) })
    }
    const value = readResult(action, frame)
    if (value === undefined) {
      const message = `the server's answer to "${action}" breaks the protocol`
      return failure({ code: 'bad_answer', message })
    }
    return success(value)
  }
}
