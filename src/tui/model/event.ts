/** What happens to the screen. */

import type { Answer } from '../../client/pendingRequests.ts'
import type { RequestResult } from '../../protocol/requests.ts'
import type { InputEvent } from '../input/keypress.ts'
import type { CleanText } from '../text/clean.ts'
import type { Size } from './state.ts'

/** One thing that happened. */
export type ScreenEvent =
  | InputEvent
  | { readonly type: 'resize'; readonly size: Size }
  /** Something of the client changed. */
  | { readonly type: 'changed' }
  /** Time passed, and something on the screen counts it. */
  | { readonly type: 'tick' }
  /** What was to be reached is in the timeline, or cannot be. */
  | {
      readonly type: 'reached'
      readonly room: string
      readonly seq: number
      readonly answer: Answer<undefined>
    }
  /** A room that the user asked for is there. */
  | { readonly type: 'opened'; readonly room: string }
  /** The program has something to say: in a room (undefined: the current one), or where there is none in the status line. */
  | {
      readonly type: 'remark'
      readonly room: string | undefined
      readonly tone: 'info' | 'error'
      readonly lines: readonly CleanText[]
    }
  /** The answer to a search; a page after `cursor` goes behind what was found before. */
  | {
      readonly type: 'found'
      readonly asked: string
      readonly cursor: string | undefined
      readonly answer: Answer<RequestResult<'search'>>
    }
  /** What stands around a hit. */
  | { readonly type: 'context'; readonly seq: number; readonly answer: Answer<RequestResult<'history'>> }
  /** What was typed could not be taken: it goes back to where it was. */
  | { readonly type: 'giveBack'; readonly room: string; readonly text: string; readonly reason: CleanText }
