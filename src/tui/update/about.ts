/** Editing a message of ours, and answering a message. */

import type { RoomView } from '../../client/room.ts'
import type { MessageEntry } from '../../client/timelineEntry.ts'
import { isOneLine } from '../commands/definitions.ts'
import { setText } from '../composer/editor.ts'
import { remember } from '../composer/inputHistory.ts'
import { isOurs, isServed, lastMessage, messageOf } from '../model/message.ts'
import { type About, roomScreen, type ScreenState, withNotice, withRoom } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { clean } from '../text/clean.ts'
import { draftAgain, followCursor, speechOf, withEditor } from './compose.ts'
import { type Step, step } from './step.ts'

/** Puts our last message into the composer to edit it; undefined if there is none. */
export function editLast(state: ScreenState, world: World): Step | undefined {
  const room = roomOf(world, state.current)
  const { editor, about } = roomScreen(state)
  if (room === undefined || editor.text !== '' || about !== undefined) return undefined
  const last = lastSaid(room, world)
  if (last === undefined || !isServed(world, 'edit')) return undefined
  return beginEdit(state, world, last.id, last.text)
}

/** Our last message, which may not be acknowledged yet; undefined also if it failed. */
function lastSaid(room: RoomView, world: World): { readonly id: string; readonly text: string } | undefined {
  const underWay = room.outbox.findLast(({ request }) => request.action === 'chat')
  if (underWay !== undefined && underWay.request.action === 'chat') {
    return underWay.state.status === 'failed'
      ? undefined
      : { id: underWay.id, text: underWay.request.message }
  }
  const { id, text } = lastMessage(room, message => isOurs(world, message)) ?? {}
  return id === undefined || text === undefined ? undefined : { id, text }
}

/** Puts the text of a message into the composer to edit it. The draft there comes back after the edit. */
export function beginEdit(state: ScreenState, world: World, id: string, text: string): Step {
  const { about, aside, editor } = roomScreen(state)
  const draft = about?.kind === 'edit' ? aside : editor.text
  const next = withRoom(state, { about: { kind: 'edit', id }, aside: draft, selection: undefined })
  return withEditor(next, world, setText(roomScreen(next).editor, asTyped(text)))
}

/** Makes the composed text an answer to a message. */
export function beginReply(state: ScreenState, world: World, { id, seq }: MessageEntry): ScreenState {
  return followCursor(withRoom(state, { about: { kind: 'reply', id, seq }, selection: undefined }), world)
}

/** The text as a user types it: a leading slash of one line is doubled, so that it is no command. */
function asTyped(text: string): string {
  return text.startsWith('/') && isOneLine(text) ? `/${text}` : text
}

/** Whether the composer still holds the present text of the message that is edited. */
export function isUnchanged(state: ScreenState, world: World, { id }: About): boolean {
  const room = roomOf(world, state.current)
  const text = room === undefined ? undefined : (messageOf(room, id)?.text ?? textUnderWay(room, id))
  return text !== undefined && asTyped(text) === roomScreen(state).editor.text
}

function textUnderWay(room: RoomView, id: string): string | undefined {
  const entry = room.outbox.find(candidate => candidate.id === id)
  return entry?.request.action === 'chat' ? entry.request.message : undefined
}

/** Ends editing or answering. A changed text goes into the history; the text of an answer stays in the composer. */
export function leaveAbout(state: ScreenState, world: World): ScreenState {
  const { about, editor, history } = roomScreen(state)
  if (about?.kind !== 'edit') return followCursor(withRoom(state, { about: undefined }), world)
  const isKept = !isUnchanged(state, world, about) && editor.text.trim() !== ''
  const left = withRoom(state, {
    ...draftAgain(state),
    ...(isKept ? { history: remember(history, editor.text) } : {}),
  })
  const shown = followCursor(left, world)
  return isKept ? withNotice(shown, clean`not changed — Ctrl+Up brings the text back`) : shown
}

/** Enter while a message is edited: sends the new text. */
export function submitEdit(state: ScreenState, world: World, about: About): Step {
  const room = roomOf(world, state.current)
  if (room === undefined || isUnchanged(state, world, about)) return step(leaveAbout(state, world))
  const speech = speechOf(state, world)
  if ('problem' in speech) return step(withNotice(state, speech.problem, 'error'))
  const message = messageOf(room, about.id)
  if (message === undefined) {
    const why =
      textUnderWay(room, about.id) === undefined
        ? clean`that message is gone — Esc cancels, Ctrl+Up brings your text back`
        : clean`that message is not stored yet — press Enter again in a moment`
    return step(withNotice(state, why, 'warning'))
  }
  const sent = withRoom(state, {
    ...draftAgain(state),
    history: remember(roomScreen(state).history, roomScreen(state).editor.text),
  })
  return step(followCursor(sent, world), {
    type: 'edit',
    room: room.key,
    target: message.seq,
    text: speech.text,
  })
}
