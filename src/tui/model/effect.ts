/** Effects: what an update asks for outside the screen's state, as plain data. */

import type { SearchQuery } from '../../client/client.ts'
import type { NotifyChange } from '../../client/notify.ts'
import type { CleanText } from '../text/clean.ts'
import type { LinkTarget } from '../text/links.ts'
import type { AccountRequest, Proof } from './account.ts'
import type { DesktopWay, SettingName } from './settings.ts'

/** What a list of mentions is asked for, in the place of the words of a search. */
export const MENTIONS = 'mentions'

/** One effect; `screen/effects.ts` runs it. */
export type Effect =
  | {
      readonly type: 'say'
      readonly room: string
      readonly text: string
      /** The seq of the message that this one answers. */
      readonly replyTo?: number
    }
  | { readonly type: 'edit'; readonly room: string; readonly target: number; readonly text: string }
  | { readonly type: 'delete'; readonly room: string; readonly target: number }
  | {
      readonly type: 'react'
      readonly room: string
      readonly target: number
      readonly emoji: string
      readonly on: boolean
    }
  /** Finds the emoji of a short code (`thumbsup`), to react with it. */
  | { readonly type: 'emoji'; readonly room: string; readonly target: number; readonly code: string }
  | { readonly type: 'search'; readonly asked: string; readonly query: SearchQuery }
  /** The messages that mention the user; `cursor` from the page before. */
  | { readonly type: 'mentions'; readonly cursor?: string }
  /** The messages around a message; `room` as the protocol names it. */
  | { readonly type: 'context'; readonly room: string; readonly seq: number }
  /** A message to a room or person, which is opened first. */
  | { readonly type: 'tell'; readonly conversation: string; readonly text: string }
  /** `isSure`: a room that does not exist is made; otherwise the user is asked. */
  | { readonly type: 'join'; readonly conversation: string; readonly isSure: boolean }
  /** The rooms of the server. */
  | { readonly type: 'listRooms' }
  /** What is known of a person. */
  | { readonly type: 'whois'; readonly room: string; readonly name: string }
  | { readonly type: 'leave'; readonly room: string }
  | { readonly type: 'topic'; readonly room: string; readonly topic: string }
  | { readonly type: 'who'; readonly room: string }
  | { readonly type: 'away'; readonly message: string | undefined }
  /** Rings the bell, and shows a notification on the desktop. */
  | {
      readonly type: 'call'
      readonly title: CleanText
      readonly body: CleanText
      readonly bell: boolean
      readonly desktop: DesktopWay
    }
  /** Sets which messages of a room call the user. */
  | { readonly type: 'notify'; readonly room: string; readonly change: NotifyChange }
  /** Keeps a setting of this machine. */
  | { readonly type: 'keepSetting'; readonly name: SettingName; readonly written: string }
  | { readonly type: 'retry' | 'discard'; readonly id: string }
  | { readonly type: 'markRead'; readonly room: string; readonly seq: number }
  | { readonly type: 'typing'; readonly room: string; readonly on: boolean }
  | { readonly type: 'loadBefore'; readonly room: string }
  | {
      readonly type: 'fillGap'
      readonly room: string
      readonly before: number
      readonly end: 'newest' | 'oldest'
    }
  /** Loads a message by its seq; 0: the oldest of all. */
  | { readonly type: 'reach'; readonly room: string; readonly seq: number }
  /** Looks up the SSH keys of the user. */
  | { readonly type: 'findKeys' }
  | { readonly type: 'signIn'; readonly proof: Proof }
  | {
      readonly type: 'account'
      readonly request: AccountRequest
      /** What shows that the user is there, where the server asked. */
      readonly proof?: Proof
      readonly nonce?: string | undefined
    }
  /** Opens an address in the browser; where there is none, copies it. */
  | { readonly type: 'open'; readonly target: LinkTarget }
  | { readonly type: 'copy'; readonly text: string }
  /** Loads all short codes of emoji. */
  | { readonly type: 'loadEmoji' }
  /** Edits the text of the composer in the editor of the user. */
  | { readonly type: 'editText'; readonly room: string; readonly text: string }
  /** Shows lines without columns until a key; `isWhole`: all of them, however many there are. */
  | { readonly type: 'bare'; readonly lines: readonly CleanText[]; readonly isWhole: boolean }
  | { readonly type: 'rename'; readonly name: string }
  | { readonly type: 'acceptKey'; readonly fingerprint: string }
  | { readonly type: 'reconnect' }
  | { readonly type: 'suspend' }
  | { readonly type: 'redraw' }
  | { readonly type: 'quit' }
