/** The one function that changes the state of the screen. It has no side effects and reads the world. */

import { insertText, setText } from '../composer/editor.ts'
import type { ScreenEvent } from '../model/event.ts'
import type { Overlay } from '../model/overlay.ts'
import {
  roomScreen,
  type ScreenState,
  withLateError,
  withNotice,
  withoutNotice,
  withRoom,
  withWarning,
} from '../model/state.ts'
import type { World } from '../model/world.ts'
import { clean, cleanLine, joinClean } from '../text/clean.ts'
import { called, gathered } from './calls.ts'
import { reactByCode } from './commands.ts'
import { followCursor, giveBack, paste, withEditor } from './compose.ts'
import { askCredential, pastedSecret, withKeys } from './credential.ts'
import { gazeDue } from './gaze.ts'
import { pressed } from './keys.ts'
import { quitOnceSent } from './leave.ts'
import { reached } from './reach.ts'
import { read } from './reading.ts'
import { withRefusal } from './refusal.ts'
import { jumpTo, moved, sortDue, sorted, withCurrentRoom } from './rooms.ts'
import { found, surrounded } from './search.ts'
import { unselect } from './selection.ts'
import { andThen, remark, type Step, step } from './step.ts'
import { openSwitcher } from './switcherKeys.ts'

/** The countdown changes once a second. */
const COUNTDOWN_MS = 1_000

/** The state after an event, and the effects to run. `now` is our clock, ms. */
export function update(state: ScreenState, event: ScreenEvent, world: World, now: number): Step {
  const present = withCurrentRoom({ ...state, now }, world)
  // After every event: an arrival can be drawn with another event, before its own is told.
  const done = andThen(happened(present, event, world), next => withRefusal(next, world))
  const told = andThen(
    // The dialog of a refusal covers messages that would count as read.
    andThen(done, next => read(withCurrentRoom(next, world), world)),
    next => called(next, world),
  )
  const ended = andThen(told, next => quitOnceSent(next, world))
  return { ...ended, state: sorted(state, ended.state, world) }
}

function happened(state: ScreenState, event: ScreenEvent, world: World): Step {
  switch (event.type) {
    case 'key':
      return pressed(touched(state), world, event.key)
    case 'paste':
      return pasted(withoutNotice({ ...touched(state), leaving: 0 }), world, event.text, event.truncated)
    case 'focus':
      return step({ ...(event.focused ? touched(state) : state), focused: event.focused })
    case 'resize':
      return step(followCursor({ ...state, size: event.size }, world))
    case 'changed':
    case 'tick':
      return step(state)
    case 'opened':
      return jumpTo(state, world, event.room)
    case 'moved':
      return moved(state, world, event.from, event.to)
    case 'remark':
      return step(
        event.tone === 'error'
          ? withLateError(state, joinClean(event.lines, clean` `))
          : remark(state, world, event.lines, event.room),
      )
    case 'roomsListed':
      return step(
        state.overlay?.kind === 'switcher'
          ? { ...state, overlay: { ...state.overlay, rooms: event.rooms } }
          : state,
      )
    case 'noSuchRoom':
      return noSuchRoom(state, world, event)
    case 'elsewhere':
      return step({ ...state, isElsewhere: event.on })
    case 'call':
      return step(gathered(state, event.call))
    case 'notice':
      return step(withNotice(state, event.text))
    case 'emojiLoaded':
      return step({ ...state, emoji: event.emoji })
    case 'edited':
      return edited(state, world, event)
    case 'emoji':
      return reactByCode(state, world, event)
    case 'keys':
      return step(withKeys(state, event.keys, event.problem))
    case 'askedAgain': {
      const { request, nonce, message } = event
      return askCredential(state, { for: 'again', request, nonce }, message)
    }
    case 'secrets': {
      const { of, secrets } = event
      return step({ ...state, overlay: { kind: 'secrets', of, secrets, chosen: 0, isArmed: false } })
    }
    case 'warning':
      return step(withWarning(state, event.line))
    case 'found':
      return step(found(state, event.asked, event.cursor, event.answer))
    case 'context':
      return step(surrounded(state, event.seq, event.answer))
    case 'reached':
      return step(reached(state, world, event.room, event.seq, event.answer))
    case 'giveBack':
      return step(withLateError(giveBack(state, world, event.room, event.text), event.reason))
  }
}

/** The text from the editor of the user goes to the room that it was written for. */
function edited(
  state: ScreenState,
  world: World,
  { room, answer }: Extract<ScreenEvent, { type: 'edited' }>,
): Step {
  if (!answer.ok) return step(withLateError(state, answer.error))
  const editor = setText(roomScreen(state, room).editor, answer.value)
  return room === (state.current ?? '')
    ? withEditor(state, world, editor)
    : step(withRoom(state, { editor }, room))
}

/** Asks what to do where a room does not exist; not where the user is busy with something else by now. */
function noSuchRoom(
  state: ScreenState,
  world: World,
  { name, rooms }: Extract<ScreenEvent, { type: 'noSuchRoom' }>,
): Step {
  if (state.overlay !== undefined || roomScreen(state).editor.text !== '')
    return step(
      withLateError(state, clean`there is no #${cleanLine(name)} yet: /join asks again, and makes it`),
    )
  return openSwitcher(state, world, 'make', name, rooms)
}

/** Inserts a paste at the cursor. A paste never sends. */
function pasted(state: ScreenState, world: World, text: string, truncated: boolean): Step {
  const { overlay } = state
  if (overlay === undefined) return paste(unselect(state), world, text, truncated)
  if (!('editor' in overlay)) return step(state)
  if (overlay.kind === 'credential') return step(pastedSecret(state, overlay, cleanLine(text)))
  // The other overlays hold a name: one line.
  const line = cleanLine(text).slice(0, 200)
  const changed: Overlay = { ...overlay, editor: insertText(overlay.editor, line) }
  return step({ ...state, overlay: changed })
}

/** The state after the user touched the terminal. A key in a terminal without focus means that a focus report was lost. */
function touched(state: ScreenState): ScreenState {
  return { ...state, lastInput: state.now, focused: state.focused === undefined ? undefined : true }
}

/**
 * When the screen needs a tick although nothing happens: to count seconds in the status line, for messages that are about
 * to be read, and for a call. Our clock, ms; undefined: an idle screen needs none.
 */
export function wakeAt(state: ScreenState, world: World): number | undefined {
  const { client } = world
  const due = earlier(earlier(gazeDue(state), state.callAt), sortDue(state, world))
  const { link } = client
  const counts = link.status === 'waiting' || (link.status === 'online' && link.lateSince !== undefined)
  if (!counts) return due
  return earlier(due, state.now + COUNTDOWN_MS)
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.min(a, b)
}
