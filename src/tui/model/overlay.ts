/** The boxes over the timeline. */

import type { AccountSecret } from '../../protocol/accountRequests.ts'
import type { ChatEvent } from '../../protocol/events.ts'
import type { RoomSummary } from '../../protocol/requests.ts'
import type { Editor } from '../composer/editor.ts'
import type { CleanText } from '../text/clean.ts'
import type { Purpose, ShownKey } from './account.ts'
import type { View } from './view.ts'

/** A search and its hits. */
export type Search = {
  readonly kind: 'search'
  /** Whether the hits are the messages that mention the user. */
  readonly isMentions?: true
  /** The query as typed. */
  readonly asked: string
  /** The newest first; undefined until the server has answered. */
  readonly hits: readonly ChatEvent[] | undefined
  /** The cursor of the next page; undefined: there is none. */
  readonly cursor: string | undefined
  readonly chosen: number
  /** The messages around the chosen hit, once they are requested. */
  readonly context: readonly ChatEvent[] | undefined
  /** What was on the screen before the user opened a hit. */
  readonly origin: View | undefined
}

/** A search in the texts that were sent. */
export type Recall = {
  readonly kind: 'recall'
  /** The query. */
  readonly editor: Editor
  /** The index of a match. */
  readonly chosen: number
}

/** Asks for a key or a password. */
export type Credential = {
  readonly kind: 'credential'
  readonly purpose: Purpose
  /** What it is for. */
  readonly reason: CleanText
  /** The keys that can be chosen; undefined while they are looked up. */
  readonly keys: readonly ShownKey[] | undefined
  /** Why there are no keys, or why what was typed is not taken. */
  readonly problem: CleanText | undefined
  /** The index of a choice. */
  readonly chosen: number
  readonly stage: 'choose' | 'password' | 'repeat'
  /** A new password that was typed once. */
  readonly first: string
  /** What is typed; it is drawn unseen. */
  readonly editor: Editor
}

/** The devices, keys or tokens of the own account. */
export type Secrets = {
  readonly kind: 'secrets'
  readonly of: AccountSecret['kind']
  readonly secrets: readonly AccountSecret[]
  readonly chosen: number
  /** Whether the very next key can confirm to revoke the chosen one. */
  readonly isArmed: boolean
}

/** The quick switcher. */
export type Switcher = {
  readonly kind: 'switcher'
  /** What it shows: everything, rooms, the people of the current room, or what may be meant by the name of a new room. */
  readonly of: 'all' | 'rooms' | 'people' | 'make'
  readonly editor: Editor
  /** What is chosen, by its key: it stays chosen where the list changes under the user's hand. */
  readonly chosen: string | undefined
  /** The rooms of the server; undefined until they have come. */
  readonly rooms: readonly RoomSummary[] | undefined
}

/** A box over the timeline. */
export type Overlay =
  | { readonly kind: 'help'; readonly top: number }
  | Switcher
  | Search
  | Recall
  | Credential
  | Secrets
  /** Asks for another name after the server refused ours. */
  | { readonly kind: 'name'; readonly editor: Editor; readonly reason: CleanText }
  /** Says why the server is refused, or refuses us. `accepts`: the key of the server, which the user may accept. */
  | {
      readonly kind: 'refusal'
      readonly lines: readonly CleanText[]
      readonly accepts: string | undefined
      /** The first row that is shown. */
      readonly top: number
    }
