/** What the user does about the own account, as plain data. */

import type { AccountSecret } from '../../protocol/accountRequests.ts'

/** An SSH key of the user that can be chosen. */
export type ShownKey = { readonly fingerprint: string; readonly comment: string }

/** What the user shows to be the owner. */
export type Proof =
  | { readonly by: 'key'; readonly fingerprint: string }
  | { readonly by: 'password'; readonly password: string }

/** A request about the account. The server may want a proof for it, which comes along then. */
export type AccountRequest =
  | { readonly action: 'register'; readonly by: Proof }
  | { readonly action: 'password'; readonly next: string }
  | { readonly action: 'addkey'; readonly fingerprint: string }
  | {
      readonly action: 'token'
      readonly label: string
      readonly rooms: readonly string[]
      readonly may: 'read' | 'speak'
    }
  | { readonly action: 'revoke'; readonly n: number }
  | { readonly action: 'eraseme'; readonly name: string }
  | { readonly action: 'list'; readonly kind: AccountSecret['kind'] }
  | { readonly action: 'invite'; readonly room: string | undefined }
  | { readonly action: 'mydata'; readonly file: string }
  /** Signs this device out, and forgets it. */
  | { readonly action: 'logout' }

/** What a credential is asked for. */
export type Purpose =
  | { readonly for: 'signIn'; readonly methods: readonly string[] }
  | { readonly for: 'register' }
  | { readonly for: 'newPassword' }
  | { readonly for: 'addKey' }
  /** The server wants to know that the user is there. */
  | { readonly for: 'again'; readonly request: AccountRequest; readonly nonce: string | undefined }
