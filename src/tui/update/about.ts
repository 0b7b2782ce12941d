/** Composing about a message: its new text, or an answer to it. */

import type { RoomView } from '../../client/room.ts'
import type { MessageEntry } from '../../client/timelineEntry.ts'
import { createEditor, setText } from '../composer/editor.ts'
import { remember } from '../composer/inputHistory.ts'
import { isOurs, isServed, lastMessage, messageOf } from '../model/message.ts'
import { type About, roomScreen, type ScreenState, withNotice, withRoom } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { clean } from '../text/clean.ts'
import { followCursor, speechOf, withEditor } from './compose.ts'
import { type Step, step } from './step.ts'

/** Puts the last message that we said into the composer, to be edited; undefined where there is none to edit. */
export function editLast(state: ScreenState, world: World): Step | undefined {
  const room = roomOf(world, state.current)
  const { editor, history, about, wasSaid } = roomScreen(state)
  const isAtDraft = history.at === history.entries.length
  if (room === undefined || editor.text !== '' || about !== undefined || !isAtDraft || !wasSaid)
    return undefined
  const last = lastSaid(room, world)
  if (last === undefined || !isServed(world, 'edit')) return undefined
  return beginEdit(state, world, last.id, last.text)
}

/** What we said last, which may be under way still; undefined also where it failed. */
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

/** Puts the text of a message into the composer, to be edited. */
export function beginEdit(state: ScreenState, world: World, id: string, text: string): Step {
  const next = withRoom(state, { about: { kind: 'edit', id }, selection: undefined })
  return withEditor(next, world, setText(roomScreen(next).editor, asTyped(text)))
}

/** What is composed becomes an answer to a message. */
export function beginReply(state: ScreenState, world: World, { id }: MessageEntry): ScreenState {
  return followCursor(withRoom(state, { about: { kind: 'reply', id }, selection: undefined }), world)
}

/** As it would be typed: what begins with a slash is no command. */
function asTyped(text: string): string {
  return text.startsWith('/') ? `/${text}` : text
}

/** Whether the composer holds the text of the message that is edited, as it stands. */
export function isUnchanged(state: ScreenState, world: World, { id }: About): boolean {
  const room = roomOf(world, state.current)
  const text = room === undefined ? undefined : (messageOf(room, id)?.text ?? textUnderWay(room, id))
  return text !== undefined && asTyped(text) === roomScreen(state).editor.text
}

function textUnderWay(room: RoomView, id: string): string | undefined {
  const entry = room.outbox.find(candidate => candidate.id === id)
  return entry?.request.action === 'chat' ? entry.request.message : undefined
}

/** Leaves the message be. What was made of its text goes into the history; the text of an answer stays. */
export function leaveAbout(state: ScreenState, world: World): ScreenState {
  const { about, editor, history } = roomScreen(state)
  if (about?.kind !== 'edit') return followCursor(withRoom(state, { about: undefined }), world)
  const isKept = !isUnchanged(state, world, about) && editor.text.trim() !== ''
  const left = withRoom(state, {
    about: undefined,
    editor: { ...createEditor(), killRing: editor.killRing },
    composerTop: 0,
    completion: undefined,
    ...(isKept ? { history: remember(history, editor.text), wasSaid: false } : {}),
  })
  return isKept ? withNotice(left, clean`not changed — Up brings the text back`) : left
}

/** Enter while a message is edited: sends its new text. */
export function submitEdit(state: ScreenState, world: World, about: About): Step {
  const room = roomOf(world, state.current)
  if (room === undefined || isUnchanged(state, world, about)) return step(leaveAbout(state, world))
  const speech = speechOf(state, world)
  if ('problem' in speech) return step(withNotice(state, speech.problem, 'error'))
  const message = messageOf(room, about.id)
  if (message === undefined) {
    const why =
      textUnderWay(room, about.id) === undefined
        ? clean`that message is not here any more — Esc leaves it, Up brings your text back`
        : clean`that message is not stored yet — Enter again once it is`
    return step(withNotice(state, why, 'warning'))
  }
  const sent = withRoom(state, {
    about: undefined,
    editor: { ...createEditor(), killRing: roomScreen(state).editor.killRing },
    composerTop: 0,
    completion: undefined,
    history: remember(roomScreen(state).history, roomScreen(state).editor.text),
    wasSaid: true,
  })
  return step(sent, { type: 'edit', room: room.key, target: message.seq, text: speech.text })
}
