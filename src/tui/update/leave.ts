/** Ctrl+C and /quit. One key never quits, and the program names unsent text before it quits. */

import { roomScreen, type ScreenState, withNotice } from '../model/state.ts'
import { roomsOf, type World } from '../model/world.ts'
import { listing } from '../select/entryRows.ts'
import { roomLabel } from '../select/roomLabel.ts'
import { type CleanText, clean } from '../text/clean.ts'
import { emptied, withEditor } from './compose.ts'
import { type Step, step } from './step.ts'

/** Ctrl+C: clears the composer. On an empty line it quits when pressed twice, or three times while text is unsent. */
export function interrupt(state: ScreenState, world: World): Step {
  const { editor } = roomScreen(state)
  if (editor.text !== '') {
    const { effects } = withEditor(state, world, { ...editor, text: '', cursor: 0 })
    return { state: withNotice(emptied(state), clean`cleared — Up brings it back`), effects }
  }
  if (state.leaving === 0) {
    return step({ ...withNotice(state, clean`press Ctrl+C again to quit`, 'warning'), leaving: 1 })
  }
  return quit(state, world)
}

/** Quits, or first names the text that would be lost. */
export function quit(state: ScreenState, world: World): Step {
  const unsent = unsentOf(state, world)
  if (unsent.length === 0 || state.leaving === 2) return step(state, { type: 'quit' })
  const question = clean`not sent yet: ${listing(unsent)} — Ctrl+C quits anyway, Esc stays`
  return step({ ...withNotice(state, question, 'warning'), leaving: 2 })
}

/** The text that would be lost, in words. */
function unsentOf(state: ScreenState, world: World): CleanText[] {
  const rooms = roomsOf(world)
  const messages = rooms
    .flatMap(({ outbox }) => outbox)
    .filter(({ state: { status } }) => status !== 'sent').length
  const drafts = rooms.filter(({ key }) => roomScreen(state, key).editor.text.trim() !== '')
  const said =
    messages > 0 || world.client.hasUnsent
      ? [messages <= 1 ? clean`1 message` : clean`${messages} messages`]
      : []
  return [...said, ...drafts.map(room => clean`a draft in ${roomLabel(room)}`)]
}
