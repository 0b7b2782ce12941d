/** The contract of one error code. */
export interface ErrorMeaning {
  /** `always`: the connection closes after it. `may`: it closes if the frame carries `"fatal":true`. */
  readonly fatal: 'never' | 'may' | 'always'
  /** Whether the same request can succeed later by itself. */
  readonly retryable: boolean
  /** One sentence for `docs/protocol.md`. */
  readonly meaning: string
}

const meanings = {
  bad_frame: {
    fatal: 'may',
    retryable: false,
    meaning:
      'The line is not UTF-8, not one JSON object, nests too deep, or a field is missing or of the wrong kind. Fatal after 20 bad lines in a row, and for a line of HTTP.',
  },
  unknown_action: {
    fatal: 'may',
    retryable: false,
    meaning:
      'The `action` is not served here; `welcome.features` lists those that are. Counts as a bad line.',
  },
  frame_too_long: {
    fatal: 'may',
    retryable: false,
    meaning: 'The line is longer than 64 KiB. The next line is read again. Counts as a bad line.',
  },
  not_connected: {
    fatal: 'may',
    retryable: false,
    meaning: 'A request before `connect`. Fatal if no `connect` came within 10 seconds.',
  },
  already_connected: {
    fatal: 'never',
    retryable: false,
    meaning: 'A second `connect` after one that succeeded.',
  },
  name_invalid: {
    fatal: 'never',
    retryable: false,
    meaning: 'The username breaks the rules for names, or is reserved.',
  },
  name_taken: {
    fatal: 'never',
    retryable: false,
    meaning: 'Another session is connected under this name, or another person has one that looks like it.',
  },
  auth_required: {
    fatal: 'may',
    retryable: false,
    meaning:
      'The name has an account, or the server takes no guests: `connect` again with a credential. For some requests of an account: repeat it with one. `methods` says by what; `nonce` is for a signature.',
  },
  auth_failed: {
    fatal: 'may',
    retryable: false,
    meaning: 'The name or the credential is not right. Fatal after six on one connection.',
  },
  tls_required: {
    fatal: 'always',
    retryable: false,
    meaning: 'Lines without TLS from another machine; connect with TLS on the same port.',
  },
  room_invalid: {
    fatal: 'never',
    retryable: false,
    meaning: 'The room breaks the rules for rooms.',
  },
  not_in_room: {
    fatal: 'never',
    retryable: false,
    meaning: 'The request is for members of the room; join it first.',
  },
  not_found: {
    fatal: 'never',
    retryable: false,
    meaning: 'There is no such room, person, event or position.',
  },
  forbidden: {
    fatal: 'never',
    retryable: false,
    meaning: 'You, or any client, may not do this.',
  },
  id_reused: {
    fatal: 'never',
    retryable: false,
    meaning: 'The id was used before for a request with other content.',
  },
  message_too_long: {
    fatal: 'never',
    retryable: false,
    meaning: 'A text is longer than `welcome.limits` says, or its event would not fit in one line.',
  },
  limit_reached: {
    fatal: 'may',
    retryable: false,
    meaning: 'A count is reached: rooms of a connection, kinds of reaction, connections of an address.',
  },
  rate_limited: {
    fatal: 'never',
    retryable: true,
    meaning: 'Too many requests at once; `retryAfter` says when to try again.',
  },
  storage_unavailable: {
    fatal: 'never',
    retryable: true,
    meaning:
      'The log cannot store the event now. Nothing was stored. At `connect`: whether the name is free cannot be found out now.',
  },
  internal: {
    fatal: 'always',
    retryable: false,
    meaning: 'The server failed by a bug while it handled the request, and logged it. Connect again.',
  },
  server_full: {
    fatal: 'always',
    retryable: true,
    meaning: 'The server accepts no more connections now.',
  },
  shutting_down: {
    fatal: 'always',
    retryable: true,
    meaning: 'The server is stopping.',
  },
} as const satisfies Record<string, ErrorMeaning>

/** The stable name of an error; programs decide by it, people read `message`. */
export type ErrorCode = keyof typeof meanings

/** Every error code with its contract, in the order of the documentation. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorMeaning>> = meanings

/** Every error code. */
export const ERROR_CODES = Object.keys(meanings) as readonly ErrorCode[]

/**
 * Whether the same request can succeed later by itself. A code that this version does not know
 * (a newer server's) counts as permanent, so that no request is retried for ever.
 */
export function isRetryable(code: string): boolean {
  return Object.hasOwn(meanings, code) && ERRORS[code as ErrorCode].retryable
}

/** A refusal as a value; the fields of its error frame. */
export interface Refusal {
  readonly code: ErrorCode
  /** A sentence for a person: what is wrong, and what to do next. */
  readonly message: string
  /** Milliseconds after which a retry makes sense. */
  readonly retryAfter?: number
  /** Whether the connection closes after it. */
  readonly fatal?: boolean
  /** Of `auth_required`: what the person can sign in by. */
  readonly methods?: string[]
  /** Of `auth_required`: what a signature must hold. */
  readonly nonce?: string
}

/** Either a value or why there is none. Everything that a user, an operator or a disk can get wrong is told by it. */
export type Result<T, E = Refusal> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E }

/** A successful {@link Result}. */
export function success<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

/** A failed {@link Result}. */
export function failure<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error }
}

/** A {@link Result} that failed with a {@link Refusal}. */
export function refuse(
  code: ErrorCode,
  message: string,
  more: Omit<Refusal, 'code' | 'message'> = {},
): { readonly ok: false; readonly error: Refusal } {
  return failure({ code, message, ...more })
}
