/** The composer: typing, pasting, recalling, sending. */

import type { RoomView } from '../../client/room.ts'
import { isCommand, isOneLine } from '../commands/definitions.ts'
import { createEditor, type Editor, insertText, setText } from '../composer/editor.ts'
import { newer, older, remember } from '../composer/inputHistory.ts'
import { messageOf } from '../model/message.ts'
import {
  type About,
  type RoomScreen,
  roomScreen,
  type ScreenState,
  withNotice,
  withRoom,
} from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { composerView, layoutOf } from '../select/layout.ts'
import { sizeText } from '../select/sizeText.ts'
import { type CleanText, clean } from '../text/clean.ts'
import { spoken } from './gaze.ts'
import { andThen, type Step, step } from './step.ts'

/** A notice tells the size of pastes of at least so many lines or bytes. */
const BIG_PASTE_LINES = 2
const BIG_PASTE_BYTES = 500

/** The beginning of a short code. */
const TYPED_CODE = /(?:^|[\s(]):[A-Za-z0-9_+-]{2}$/

/** A step to another state of the editor: the view follows the cursor, and the room learns that we type. */
export function withEditor(state: ScreenState, world: World, editor: Editor): Step {
  const changed = edited(state, world, editor)
  if (state.emoji !== undefined || !TYPED_CODE.test(editor.text.slice(0, editor.cursor))) return changed
  return andThen(changed, next => step({ ...next, emoji: [] }, { type: 'loadEmoji' }))
}

function edited(state: ScreenState, world: World, editor: Editor): Step {
  const before = roomScreen(state)
  if (editor === before.editor) return step(state)
  const { noPopup } = before
  const typed = withRoom(state, {
    editor,
    completion: undefined,
    noPopup: noPopup !== undefined && editor.text.length > noPopup ? noPopup : undefined,
  })
  const next = followCursor(typed, world)
  if (editor.text === before.editor.text || roomOf(world, state.current) === undefined) return step(next)
  const on = isSpeech(editor.text)
  if (!on && !isSpeech(before.editor.text)) return step(next)
  return step(next, { type: 'typing', room: state.current ?? '', on })
}

/** Whether a text would be sent as a message. */
function isSpeech(text: string): boolean {
  return text.trim() !== '' && !isCommand(text)
}

/** The first visible row of the composer, kept so that it scrolls no more than it must. */
export function followCursor(state: ScreenState, world: World): ScreenState {
  const layout = layoutOf(state, world)
  if (layout === undefined) return state
  const { top } = composerView(state, world, layout)
  return top === roomScreen(state).composerTop ? state : withRoom(state, { composerTop: top })
}

/** Inserts pasted text of any content at the cursor, and tells its size. */
export function paste(state: ScreenState, world: World, text: string, truncated: boolean): Step {
  const { editor } = roomScreen(state)
  return andThen(withEditor(state, world, insertText(editor, text)), next => {
    const bytes = Buffer.byteLength(text)
    const lines = text.replace(/\n$/, '').split('\n').length
    if (truncated) {
      return step(withNotice(next, clean`the paste was cut at ${sizeText(bytes)}`, 'warning'))
    }
    // The status line itself tells that the whole text is too long to send.
    const isTooLong = 'problem' in speechOf(next, world)
    if (isTooLong || (lines < BIG_PASTE_LINES && bytes < BIG_PASTE_BYTES)) return step(next)
    const what = lines === 1 ? clean`` : clean`${lines} lines, `
    return step(withNotice(next, clean`pasted ${what}${sizeText(bytes)} — Enter sends it as one message`))
  })
}

/** Recalls the text that was sent before (-1) or after (1) the one in the composer. */
export function recall(state: ScreenState, world: World, by: 1 | -1): Step {
  const { editor, history } = roomScreen(state)
  const walk = by === -1 ? older : newer
  const recalled = walk(history, editor.text)
  if (recalled === undefined) return step(state)
  return withEditor(withRoom(state, { history: recalled.history }), world, setText(editor, recalled.text))
}

/** The message that the composer holds, or why it cannot be sent. */
export function speechOf(
  state: ScreenState,
  { client }: World,
): { readonly text: string } | { readonly problem: CleanText } {
  const { text: typed } = roomScreen(state).editor
  const text = (typed.startsWith('//') && isOneLine(typed) ? typed.slice(1) : typed).replace(/\n+$/, '')
  const bytes = Buffer.byteLength(text)
  const most = client.limits.message
  if (bytes <= most) return { text }
  return {
    problem: clean`the message has ${sizeText(bytes)}, the server takes ${sizeText(most)}: shorten it`,
  }
}

/** Sends the message in the composer. If it cannot be sent, it stays there. */
export function say(state: ScreenState, world: World): Step {
  const room = roomOf(world, state.current)
  if (room === undefined) return step(withNotice(state, clean`no room is open: /join one first`, 'error'))
  const speech = speechOf(state, world)
  if ('problem' in speech) return step(withNotice(state, speech.problem, 'error'))
  const { about } = roomScreen(state)
  const replyTo = about === undefined ? undefined : answeredSeq(room, about)
  return step(withRoom(emptied(state), spoken(state, room, world)), {
    type: 'say',
    room: room.key,
    text: speech.text,
    ...(replyTo === undefined ? {} : { replyTo }),
  })
}

/** The seq of the answered message, which need not be loaded; undefined where another message has it, in another log. */
function answeredSeq(room: RoomView, { id, seq }: About): number | undefined {
  const message = messageOf(room, id)
  if (message !== undefined || seq === undefined) return message?.seq
  const other = room.messageAt(seq)
  return other === undefined || other.id === id ? seq : undefined
}

/** The state with the composer's text in its history, and the draft from before an edit, or nothing, in the composer. */
export function emptied(state: ScreenState): ScreenState {
  const { editor, history } = roomScreen(state)
  return withRoom(state, {
    ...draftAgain(state),
    history: remember(history, editor.text),
  })
}

/** The change that ends editing or answering: the draft from before an edit comes back. */
export function draftAgain(state: ScreenState): Partial<RoomScreen> {
  const { aside } = roomScreen(state)
  return {
    editor: createEditor(aside),
    aside: '',
    composerTop: 0,
    completion: undefined,
    noPopup: undefined,
    about: undefined,
  }
}

/** Puts a text that could not be sent back into the composer, before the text typed since. */
export function giveBack(state: ScreenState, world: World, room: string, text: string): ScreenState {
  const { editor } = roomScreen(state, room)
  const whole = editor.text === '' ? text : `${text}\n${editor.text}`
  return followCursor(withRoom(state, { editor: setText(editor, whole) }, room), world)
}
