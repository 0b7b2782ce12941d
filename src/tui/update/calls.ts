/** Which messages call the user, and when: several at once are one call. */

import type { RoomView } from '../../client/room.ts'
import { onFirstUse } from '../../protocol/onFirstUse.ts'
import { UNSPACED_SCRIPTS } from '../../protocol/scripts.ts'
import type { ScreenEvent } from '../model/event.ts'
import type { Call, ScreenState } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { roomLabel } from '../select/roomLabel.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { truncate } from '../text/width.ts'
import { isLooking } from './gaze.ts'
import { type Step, step } from './step.ts'

/** Messages within this time are one call, ms; also time for another device to tell that it was read there. */
const GATHER_MS = 500
/** Calls come no closer together, ms. */
const BETWEEN_MS = 3_000
/** More than a call can tell. */
const MOST_GATHERED = 20
/** Cells of a text in a call. */
const TEXT_CELLS = 160

/** A live message of another user. */
export type Arrival = {
  readonly seq: number
  readonly from: string
  readonly text: string
  /** Whether it mentions the user, or is in a direct conversation. */
  readonly isMention: boolean
}

/** The event of a message that calls the user; undefined: it does not. */
export function callOf(
  state: ScreenState,
  room: RoomView,
  { seq, from, text, isMention }: Arrival,
): Extract<ScreenEvent, { type: 'call' }> | undefined {
  if (state.calls.length >= MOST_GATHERED || isSeen(state, room.key)) return undefined
  const isMeant = isMention || hasWord(text, state.settings.words)
  if (!calls(room, isMeant)) return undefined
  const shown = truncate(cleanLine(text.slice(0, 4 * TEXT_CELLS)), TEXT_CELLS)
  return {
    type: 'call',
    call: { room: room.key, seq, from: cleanLine(from), text: shown, isMention: isMeant },
  }
}

/** Whether a message of a room calls the user, by what is set for the room. */
function calls({ notify, kind }: RoomView, isMention: boolean): boolean {
  const wanted = notify.level ?? (kind === 'direct' ? 'all' : 'mentions')
  return !notify.muted && (wanted === 'all' || (wanted === 'mentions' && isMention))
}

/** Whether a text has one of these words (in lower case), between characters that are no letters or digits. */
export function hasWord(text: string, words: readonly string[]): boolean {
  if (words.length === 0) return false
  const folded = text.toLowerCase()
  return words.some(word => {
    for (let at = folded.indexOf(word); at !== -1; at = folded.indexOf(word, at + 1))
      if (!isLetter(folded, at - 1) && !isLetter(folded, at + word.length)) return true
    return false
  })
}

/** Scripts without spaces have no such letters: a word in them stands between others. */
const letter = onFirstUse(() => new RegExp(`[[\\p{L}\\p{N}_]--[${UNSPACED_SCRIPTS}]]`, 'v'))

const isLetter = (text: string, at: number): boolean => at >= 0 && letter().test(text.charAt(at))

const isSeen = (state: ScreenState, key: string): boolean => state.current === key && isLooking(state)

/** The state with a message that calls, which is told a moment later. */
export function gathered(state: ScreenState, call: Call): ScreenState {
  const callAt = state.callAt ?? Math.max(state.now + GATHER_MS, state.calledAt + BETWEEN_MS)
  return { ...state, calls: [...state.calls, call], callAt }
}

/** Tells of the messages that still call once their moment has come: those that were read meanwhile do not. */
export function called(state: ScreenState, world: World): Step {
  if (state.callAt === undefined || state.now < state.callAt) return step(state)
  const left = state.calls.filter(({ room, seq, isMention }) => {
    const view = roomOf(world, room)
    // What is set for a conversation that began by itself comes with the answer to its joining.
    return view !== undefined && view.read < seq && calls(view, isMention) && !isSeen(state, room)
  })
  const next = { ...state, calls: [], callAt: undefined }
  if (left.length === 0) return step(next)
  const { bell, desktop } = state.settings
  return step({ ...next, calledAt: state.now }, { type: 'call', ...wordsOf(left, world), bell, desktop })
}

function wordsOf(
  calls: readonly Call[],
  world: World,
): { readonly title: CleanText; readonly body: CleanText } {
  const [first] = calls
  if (first === undefined) return { title: clean``, body: clean`` }
  const rooms = [...new Set(calls.map(({ room }) => room))].flatMap(key => roomOf(world, key) ?? [])
  const [room, other] = rooms
  const place = room === undefined ? clean`` : roomLabel(room)
  if (calls.length === 1)
    return {
      title: room?.kind === 'direct' ? first.from : clean`${first.from} in ${place}`,
      body: first.text,
    }
  const last = calls.at(-1) ?? first
  const more = other === undefined ? clean`` : clean` and ${rooms.length - 1} more`
  return {
    title: clean`${calls.length} messages in ${place}${more}`,
    body: clean`${last.from}: ${last.text}`,
  }
}
