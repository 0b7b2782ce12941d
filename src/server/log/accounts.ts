import type { Result } from '../../protocol/errors.ts'
import type { Notify } from './notify.ts'

/** What the owner of an account may be asked to be trusted with. `bot`: a program, which has no devices. */
export type Role = 'user' | 'admin' | 'bot'

/** What opens an account: a device or a program by its secret, an SSH key by its signature. */
export interface KeptSecret {
  /** Grows with each new one; no number is used twice. */
  readonly n: number
  readonly kind: 'device' | 'token' | 'key'
  /** Of a device or a token the hash of its secret, of a key its fingerprint. */
  readonly hash: string
  /** For people. */
  readonly label: string
  /** Of a key: its line. */
  readonly line?: string | undefined
  /** Of a token. */
  readonly scope?: TokenScope | undefined
  /** Milliseconds since 1970. */
  readonly created: number
  /** The day of its last use, days since 1970. */
  readonly used: number
  /** Milliseconds since 1970; undefined: never. */
  readonly expires?: number | undefined
}

/** What a token may do. */
export interface TokenScope {
  readonly may: 'read' | 'speak'
  /** The keys of its conversations. */
  readonly rooms: readonly string[]
}

/** An account: a name that belongs to its owner. Its session is that of all its devices. */
export interface KeptAccount {
  readonly number: number
  /** The folded name. */
  readonly person: string
  /** The name as it is shown. */
  readonly name: string
  /** The number of its session. */
  readonly session: number
  /** The hash of its password as a PHC string; undefined: it has none. */
  readonly password: string | undefined
  readonly role: Role
  readonly isDisabled: boolean
  /** Milliseconds since 1970. */
  readonly created: number
  readonly secrets: readonly KeptSecret[]
}

/** An invitation. `account`: makes an account. `reset`: gives an account another password or key. */
export interface KeptInvite {
  readonly n: number
  /** The hash of its code. */
  readonly hash: string
  readonly purpose: 'account' | 'reset'
  /** The only name that it is for; undefined: any. */
  readonly name: string | undefined
  readonly role: Role
  /** The rooms that its taker joins. */
  readonly rooms: readonly string[]
  /** How many may still take it. */
  readonly uses: number
  /** Milliseconds since 1970; undefined: never. */
  readonly expires: number | undefined
  /** The number of the account that made it; undefined: an operator. */
  readonly by: number | undefined
}

/** The session of an account, as plain data. */
export interface AccountSession {
  readonly number: number
  /** The folded name. */
  readonly person: string
  /** The position of the log when it began. */
  readonly began: number
  /** The keys of its rooms and direct conversations, each with its read position. */
  readonly reads: readonly (readonly [roomKey: string, seq: number])[]
  /** What it has set for rooms and direct conversations. */
  readonly notify: readonly (readonly [roomKey: string, notify: Notify])[]
}

/** Who may take a free name, and what a person without an account may do. */
export interface Policy {
  /** `open`: anybody. `registered`: a person registers first. `invite`: an invitation makes an account. */
  readonly names: 'open' | 'registered' | 'invite'
  readonly guests: 'none' | 'read' | 'speak'
}

/** The public key of a person. */
export interface KeyLine {
  readonly fingerprint: string
  readonly line: string
  readonly label: string
}

/** A device or a token that is to be added. */
export interface NewDevice {
  readonly hash: string
  readonly label: string
}

/** What a person signed in by, as it was checked: the log looks whether it still stands. */
export type Proof =
  | { readonly by: 'password' /** The PHC string. */; readonly password: string }
  | { readonly by: 'key'; readonly fingerprint: string }

/** What a person has to sign in by. */
export interface Credential {
  /** A PHC string. */
  readonly password?: string | undefined
  readonly key?: KeyLine | undefined
}

/** A change to accounts, invitations or the policy. Its outcome is decided in the log, in order with all others. */
export type AccountDeed =
  /** Makes an account of an open session; its secret becomes the first device. */
  | ({ readonly deed: 'register'; readonly session: number; readonly label: string } & Credential)
  /** Makes an account with a session of this number. */
  | ({
      readonly deed: 'create'
      readonly name: string
      readonly role: Role
      readonly session: number
    } & Credential)
  /** Takes an invitation: makes an account with a session of this number, or gives one another credential. */
  | ({
      readonly deed: 'redeem'
      readonly invite: string
      readonly name: string
      readonly session: number
      readonly device?: NewDevice | undefined
    } & Credential)
  /** Adds a device that signed in. `old`: the hash of an open session of the same person, which becomes the account's. */
  | {
      readonly deed: 'signIn'
      readonly person: string
      readonly proof: Proof
      readonly device?: NewDevice | undefined
      readonly old?: string | undefined
    }
  | { readonly deed: 'setPassword'; readonly person: string; readonly password: string }
  | { readonly deed: 'addKey'; readonly person: string; readonly key: KeyLine }
  | ({
      readonly deed: 'addToken'
      readonly person: string
      readonly expires: number | undefined
      readonly scope: TokenScope
    } & NewDevice)
  /** Takes a device, a token or a key away. `isForced`: also the last that opens the account. */
  | { readonly deed: 'revoke'; readonly person: string; readonly n: number; readonly isForced: boolean }
  | { readonly deed: 'setRole'; readonly person: string; readonly role: Role }
  | { readonly deed: 'setDisabled'; readonly person: string; readonly isDisabled: boolean }
  /** Takes the account away; what was said stays. */
  | { readonly deed: 'remove'; readonly person: string }
  /** Notes that a secret or an open session was used on this day. */
  | { readonly deed: 'used'; readonly secret?: number | undefined; readonly session?: number | undefined }
  | ({ readonly deed: 'invite' } & Omit<KeptInvite, 'n' | 'by'>)
  | { readonly deed: 'uninvite'; readonly n: number }
  | ({ readonly deed: 'setPolicy' } & Policy)

/** An entry with a change to accounts. */
export interface AccountEntry {
  readonly kind: 'account'
  readonly deed: AccountDeed
  /** The folded name of the person who asked for it; undefined: an operator, or the person whom the deed is about. */
  readonly by?: string | undefined
  /** The user of the machine who ran the command of an operator, for the audit. */
  readonly operator?: string | undefined
}

/** What a change to accounts has done: everything that changed, as it stands now. */
export interface AccountChange {
  readonly accounts: readonly KeptAccount[]
  /** The folded names of those whose account is gone. */
  readonly removed: readonly string[]
  /** Sessions that began, or took another one over. */
  readonly sessions: readonly AccountSession[]
  /** Numbers of sessions that nothing opens any more. */
  readonly ended: readonly number[]
  readonly invites: readonly KeptInvite[]
  /** Numbers of invitations that are gone. */
  readonly uninvited: readonly number[]
  readonly policy?: Policy | undefined
  /** The number of the secret or the invitation that was added; of a key that was there already, its number. */
  readonly n?: number | undefined
}

/** A change to accounts that the log has applied. */
export interface AppliedAccounts {
  readonly entry: AccountEntry
  readonly change: AccountChange
  /** What it was asked for with; undefined where another daemon asked. */
  readonly origin: object | undefined
}

/** Everything about accounts that a log held when it was opened. */
export interface AccountContents {
  readonly accounts: readonly KeptAccount[]
  readonly invites: readonly KeptInvite[]
  readonly policy: Policy
}

/** A line of the audit: an act of an operator, or of a person on an account. */
export interface AuditLine {
  readonly n: number
  /** Milliseconds since 1970. */
  readonly ts: number
  /** The name; undefined: an operator. */
  readonly by: string | undefined
  readonly deed: string
  /** The name of the person whom it was about. */
  readonly target: string | undefined
  readonly detail: string
}

/** The accounts in a log. */
export interface AccountStore {
  /** What the log held when it was opened. */
  keptAccounts(): AccountContents
  /** The name of another person's account that people would take for this name: see `skeletonOf`. */
  accountLike(name: string): string | undefined
  /** Changes accounts, in order with the events. `settled` is called once the change is durable or refused; `origin` comes back with it. */
  changeAccounts(
    entry: AccountEntry,
    settled: (result: Result<AccountChange>) => void,
    origin?: object | undefined,
  ): void
  /** Tells of every change, of this or another daemon, in order, before its sender is told; returns the function that ends it. */
  onAccounts(listener: (applied: AppliedAccounts) => void): () => void
}
