import type { ErrorFrame, Signal } from '../protocol/responses.ts'

/** Why a client is not connected, until the user acts. */
export interface Refused {
  readonly code: string
  /** For a person; a paragraph a line. */
  readonly message: string
  /** The key of the server, which the user may accept. */
  readonly accepts?: string
  /** What the user can sign in by; missing: that would not help. */
  readonly methods?: readonly string[]
}

/** Reasons of a `bye` after which the user decides what comes next. */
const FINAL: ReadonlySet<string> = new Set(['name_registered', 'revoked', 'disabled', 'erased', 'kicked'])
/** Those of them where signing in is no way back. */
const UNSIGNED: ReadonlySet<string> = new Set(['erased', 'kicked'])
const ANY_METHOD: readonly string[] = ['key', 'password']
const MINUTE = 60_000

/** What an error to `connect` says to a user who has to sign in, or tried. */
export function refusedSignIn({ code, message, methods = [...ANY_METHOD], retryAfter }: ErrorFrame): Refused {
  const wait = retryAfter === undefined ? '' : `; try again in ${Math.ceil(retryAfter / MINUTE)} minutes`
  return { code, message: `${message}${wait}`, methods }
}

/** What a `bye` says where connecting again by itself would not help; undefined for the others. */
export function refusedFarewell({ reason, message }: Signal<'bye'>): Refused | undefined {
  if (!FINAL.has(reason)) return undefined
  return { code: reason, message, ...(UNSIGNED.has(reason) ? {} : { methods: ANY_METHOD }) }
}
