/** Events that change the screen. */

import type { Answer } from '../../client/pendingRequests.ts'
import type { AccountSecret } from '../../protocol/accountRequests.ts'
import type { Result } from '../../protocol/errors.ts'
import type { RequestResult, RoomSummary } from '../../protocol/requests.ts'
import type { InputEvent } from '../input/keypress.ts'
import type { CleanText } from '../text/clean.ts'
import type { AccountRequest, ShownKey } from './account.ts'
import type { Call, Size } from './state.ts'

/** One event. */
export type ScreenEvent =
  | InputEvent
  | { readonly type: 'resize'; readonly size: Size }
  /** The state of the client changed. */
  | { readonly type: 'changed' }
  /** Time passed while the screen shows a countdown. */
  | { readonly type: 'tick' }
  /** The message of a `reach` effect is in the timeline, or cannot be loaded. */
  | {
      readonly type: 'reached'
      readonly room: string
      readonly seq: number
      readonly answer: Answer<undefined>
    }
  /** A room that the user asked for is open. */
  | { readonly type: 'opened'; readonly room: string }
  /** A remark of the program: in a room (undefined: the current one), or in the status line without a room. */
  | {
      readonly type: 'remark'
      readonly room: string | undefined
      readonly tone: 'info' | 'error'
      readonly lines: readonly CleanText[]
    }
  /** What was joined by a name is another room: both by their keys. */
  | { readonly type: 'moved'; readonly from: string; readonly to: string }
  /** The rooms of the server, for the open switcher. */
  | { readonly type: 'roomsListed'; readonly rooms: readonly RoomSummary[] }
  /** There is no such room; these are. */
  | { readonly type: 'noSuchRoom'; readonly name: string; readonly rooms: readonly RoomSummary[] }
  /** Another program, or a view without columns, has the terminal, or has given it back. */
  | { readonly type: 'elsewhere'; readonly on: boolean }
  /** A message calls the user. */
  | { readonly type: 'call'; readonly call: Call }
  /** A sentence for the status line. */
  | { readonly type: 'notice'; readonly text: CleanText }
  /** All short codes and their emoji. */
  | { readonly type: 'emojiLoaded'; readonly emoji: readonly (readonly [code: string, emoji: string])[] }
  /** The user edited a text in another program; an error is a sentence. */
  | { readonly type: 'edited'; readonly room: string; readonly answer: Result<string, CleanText> }
  /** The emoji of a short code is known; undefined: there is none. */
  | {
      readonly type: 'emoji'
      readonly room: string
      readonly target: number
      readonly code: string
      readonly emoji: string | undefined
    }
  /** The SSH keys of the user, or why there are none. */
  | {
      readonly type: 'keys'
      readonly keys: readonly ShownKey[]
      readonly problem: CleanText | undefined
    }
  /** The server wants to know that the user is there before it does this. */
  | {
      readonly type: 'askedAgain'
      readonly request: AccountRequest
      readonly nonce: string | undefined
      readonly message: CleanText
    }
  /** What opens the account. */
  | {
      readonly type: 'secrets'
      readonly of: AccountSecret['kind']
      readonly secrets: readonly AccountSecret[]
    }
  /** A warning that stands until the user takes note of it. */
  | { readonly type: 'warning'; readonly line: CleanText }
  /** The answer to a search; a page with a `cursor` is appended to the hits before. */
  | {
      readonly type: 'found'
      readonly asked: string
      readonly cursor: string | undefined
      readonly answer: Answer<Pick<RequestResult<'search'>, 'hits' | 'cursor'>>
    }
  /** The messages around a hit. */
  | { readonly type: 'context'; readonly seq: number; readonly answer: Answer<RequestResult<'history'>> }
  /** A typed text could not be sent: it goes back into the composer. */
  | { readonly type: 'giveBack'; readonly room: string; readonly text: string; readonly reason: CleanText }
