/** Ctrl+C and /quit. One key never quits, and the program sends what is unsent before it quits. Drafts are kept. */

import { roomScreen, type ScreenState, withNotice } from '../model/state.ts'
import { roomsOf, type World } from '../model/world.ts'
import { clean } from '../text/clean.ts'
import { emptied, withEditor } from './compose.ts'
import { type Step, step } from './step.ts'

/** Ctrl+C: clears the composer. On an empty line it quits when pressed twice, or three times while a message is unsent. */
export function interrupt(state: ScreenState, world: World): Step {
  const { editor } = roomScreen(state)
  if (editor.text !== '') {
    const { effects } = withEditor(state, world, { ...editor, text: '', cursor: 0 })
    return { state: withNotice(emptied(state), clean`cleared — Ctrl+Up brings it back`), effects }
  }
  if (state.leaving === 0) {
    return step({ ...withNotice(state, clean`press Ctrl+C again to quit`, 'warning'), leaving: 1 })
  }
  return quit(state, world)
}

/** Quits, or says what is unsent first: then the screen quits by itself once it is sent. */
export function quit(state: ScreenState, world: World): Step {
  const unsent = unsentMessages(world)
  if (unsent === 0 || state.leaving === 2) return step(state, { type: 'quit' })
  const what = unsent === 1 ? clean`1 message is not sent` : clean`${unsent} messages are not sent`
  const question =
    world.client.link.status === 'online'
      ? clean`${what} yet: quitting after that — Ctrl+C quits now, Esc stays`
      : clean`${what}, the next start sends it — Ctrl+C quits now, Esc stays`
  return step({ ...withNotice(state, question, 'warning'), leaving: 2 })
}

/** Quits where the user wanted to, and the last message was sent since. */
export function quitOnceSent(state: ScreenState, world: World): Step {
  return state.leaving === 2 && unsentMessages(world) === 0 ? step(state, { type: 'quit' }) : step(state)
}

/** Messages that the server has not stored; at least 1 where rooms that are not open have some. */
function unsentMessages(world: World): number {
  const unsent = roomsOf(world)
    .flatMap(({ outbox }) => outbox)
    .filter(({ state: { status } }) => status !== 'sent').length
  return unsent === 0 && world.client.hasUnsent ? 1 : unsent
}
