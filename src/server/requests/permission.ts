import { type Refusal, refuse } from '../../protocol/errors.ts'
import type { RequestAction } from '../../protocol/requests.ts'
import type { Policy, TokenScope } from '../log/accounts.ts'

/** What decides what a client may ask. */
export interface Standing {
  /** The name of its person, for sentences. */
  readonly name: string
  /** Whether its person has no account; asked only where it matters, since every message passes here. */
  readonly isGuest: () => boolean
  /** Of a client that signed in by a token. */
  readonly scope: TokenScope | undefined
}

/** What everybody may ask who is in. */
const READING: ReadonlySet<RequestAction> = new Set<RequestAction>([
  'joinroom',
  'leaveroom',
  'history',
  'search',
  'rooms',
  'members',
  'mentions',
  'ping',
])
/** What a guest may ask who does not speak. */
const SILENT_GUEST: ReadonlySet<RequestAction> = new Set<RequestAction>([
  ...READING,
  'read',
  'notify',
  'register',
  'mydata',
])
/** What a token may ask beside reading, where it may speak. It never changes what is its owner's. */
const SPEAKING: ReadonlySet<RequestAction> = new Set<RequestAction>([
  'chat',
  'edit',
  'delete',
  'react',
  'typing',
])
/** What only the owner of an account may ask. */
const OWNING: ReadonlySet<RequestAction> = new Set<RequestAction>([
  'password',
  'account',
  'addkey',
  'token',
  'revoke',
  'invite',
  'eraseme',
])

/** Why a client may not ask for this; undefined where it may. The room of the request is judged elsewhere. */
export function refuseAction(
  { name, isGuest, scope }: Standing,
  { guests }: Policy,
  action: RequestAction,
): Refusal | undefined {
  if (scope !== undefined) {
    if (READING.has(action) || (scope.may === 'speak' && SPEAKING.has(action))) return undefined
    const what = scope.may === 'speak' ? 'speaking' : 'reading'
    return refuse('forbidden', `this token is for ${what} alone; "${action}" needs the person`).error
  }
  const isOwning = OWNING.has(action)
  if ((!isOwning && guests === 'speak') || !isGuest()) return undefined
  if (isOwning) return refuse('forbidden', `"${name}" has no account: make one with "register" first`).error
  if (SILENT_GUEST.has(action)) return undefined
  return refuse('forbidden', 'guests only read here: make an account with "register", or sign in, to speak')
    .error
}
