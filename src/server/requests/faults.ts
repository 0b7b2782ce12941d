import type { Decoded } from '../../protocol/codec.ts'
import type { ErrorCode, Refusal } from '../../protocol/errors.ts'
import type { Request } from '../../protocol/requests.ts'
import type { CountedAction, Counters, DisconnectReason } from '../counters.ts'
import type { Journal, Subject } from '../journal.ts'
import { NEVER_CONNECTED } from '../transport/refusals.ts'

/** Requests that programs send by themselves as a person types and reads: their errors are no news, and repeat. */
const UNNUMBERED: ReadonlySet<CountedAction> = new Set<CountedAction>(['typing', 'read', 'ping'])

/** The errors of one connection: numbers them, counts them, and tells the log of them. */
export class Faults {
  readonly #subject: Subject
  readonly #journal: Journal
  readonly #counters: Counters
  #count = 0

  constructor(subject: Subject, journal: Journal, counters: Counters) {
    this.#subject = subject
    this.#journal = journal
    this.#counters = counters
  }

  /**
   * Notes an error. The reference by which the log has it, for the end of its sentence; undefined where the log has no line,
   * and for a question such as `auth_required`.
   */
  note({ code }: Refusal, action: CountedAction): string | undefined {
    this.#counters.requested(action, code)
    return UNNUMBERED.has(action) ? undefined : this.tell(code, action)
  }

  /** The same for an error that answers no request. */
  tell(code: ErrorCode, action: CountedAction | 'none'): string | undefined {
    const number = ++this.#count
    if (action !== 'connect') return this.#journal.error(this.#subject, number, { code, action })
    const reference = this.#journal.refused(this.#subject, number, code)
    return code === 'auth_required' ? undefined : reference
  }

  /** The same for a request that failed by a bug. */
  noteBug(error: unknown, action: CountedAction, request: Decoded<Request> | undefined): string | undefined {
    this.#counters.requested(action, 'internal')
    const cause = { request: describe(request), err: error }
    return this.#journal.error(this.#subject, ++this.#count, { code: 'internal', action, cause })
  }
}

/** What the log may hold of a request: no text, no name, no secret. */
function describe(request: Decoded<Request> | undefined): Readonly<Record<string, unknown>> | undefined {
  if (request === undefined) return undefined
  if (!request.ok) return { bad: request.error.code, id: request.id }
  return { action: request.frame.action, id: request.frame.id }
}

/** Why a connection ends that got a fatal error. */
export function endOf(error: Refusal): DisconnectReason {
  if (error === NEVER_CONNECTED) return 'never_connected'
  switch (error.code) {
    case 'internal':
      return 'bug'
    case 'bad_frame':
    case 'unknown_action':
    case 'frame_too_long':
    case 'not_connected':
      return 'bad_lines'
    default:
      return 'refused'
  }
}
