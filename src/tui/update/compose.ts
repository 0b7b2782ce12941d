/** The composer: typing, pasting, recalling, completing, sending. */

import { foldName } from '../../protocol/names.ts'
import { completionCommands } from '../commands/commands.ts'
import { type Candidates, nextCompletion, startCompletion } from '../composer/completion.ts'
import { createEditor, type Editor, insertText, setText } from '../composer/editor.ts'
import { moveRows } from '../composer/editorRows.ts'
import { newer, older, remember } from '../composer/inputHistory.ts'
import { composerView, composerWidth, layoutOf } from '../select/layout.ts'
import { sizeText } from '../select/sizeText.ts'
import { roomScreen, type ScreenState, withNotice, withRoom } from '../state.ts'
import { clean } from '../text/clean.ts'
import { roomOf, roomsOf, type World } from '../world.ts'
import { andThen, remark, type Step, step } from './step.ts'

/** Pastes of at least so many lines or bytes are remarked on. */
const BIG_PASTE_LINES = 2
const BIG_PASTE_BYTES = 500
/** How far back names are looked for. */
const RECENT_MESSAGES = 200

/** The composer with another editor in it: the view follows the cursor, and the others learn that we type. */
export function withEditor(state: ScreenState, world: World, editor: Editor): Step {
  const before = roomScreen(state)
  if (editor === before.editor) return step(state)
  const next = followCursor(withRoom(state, { editor, completion: undefined }), world)
  if (editor.text === before.editor.text || roomOf(world, state.current) === undefined) return step(next)
  const on = isSpeech(editor.text)
  if (!on && !isSpeech(before.editor.text)) return step(next)
  return step(next, { type: 'typing', room: state.current ?? '', on })
}

/** Whether a text would be said, not run. */
function isSpeech(text: string): boolean {
  return text.trim() !== '' && !isCommand(text)
}

/** Whether a text is to be run; `//` begins a message with a slash. */
export function isCommand(text: string): boolean {
  return text.startsWith('/') && !text.startsWith('//')
}

/** The first visible row of the composer, kept so that it scrolls no more than it must. */
export function followCursor(state: ScreenState, world: World): ScreenState {
  const layout = layoutOf(state, world)
  if (layout === undefined) return state
  const { top } = composerView(state, world, layout)
  return top === roomScreen(state).composerTop ? state : withRoom(state, { composerTop: top })
}

/** Puts pasted text at the cursor, whatever is in it, and says how much it is. */
export function paste(state: ScreenState, world: World, text: string, truncated: boolean): Step {
  const { editor } = roomScreen(state)
  return andThen(withEditor(state, world, insertText(editor, text)), next => {
    const bytes = Buffer.byteLength(text)
    const lines = text.replace(/\n$/, '').split('\n').length
    if (truncated) {
      return step(withNotice(next, clean`the paste was cut at ${sizeText(bytes)}`, 'warning'))
    }
    if (lines < BIG_PASTE_LINES && bytes < BIG_PASTE_BYTES) return step(next)
    const what = lines === 1 ? clean`` : clean`${lines} lines, `
    return step(withNotice(next, clean`pasted ${what}${sizeText(bytes)} — Enter sends it as one message`))
  })
}

/** A row up or down; beyond the first or last row through what was sent before. */
export function upOrDown(state: ScreenState, world: World, by: 1 | -1): Step {
  const { editor, history } = roomScreen(state)
  const moved = moveRows(editor, composerWidth(state, world), by)
  if (moved !== undefined) return withEditor(state, world, moved)
  const recalled = by === -1 ? older(history, editor.text) : newer(history, editor.text)
  if (recalled === undefined) return step(state)
  return withEditor(withRoom(state, { history: recalled.history }), world, setText(editor, recalled.text))
}

/** Tab (1) and Shift+Tab (-1). */
export function complete(state: ScreenState, world: World, direction: 1 | -1): Step {
  const { editor, completion } = roomScreen(state)
  const goesOn =
    completion !== undefined && completion.text === editor.text && completion.cursor === editor.cursor
  const chosen = goesOn
    ? nextCompletion(completion, direction)
    : startCompletion(editor.text, editor.cursor, candidates(state, world), direction)
  if (chosen === undefined) return step(state)
  return andThen(withEditor(state, world, setText(editor, chosen.text, chosen.cursor)), next =>
    step(withRoom(next, { completion: chosen })),
  )
}

function candidates(state: ScreenState, world: World): Candidates {
  const room = roomOf(world, state.current)
  const me = foldName(world.client.username)
  const names = new Map<string, string>()
  for (const entry of room?.timeline.slice(-RECENT_MESSAGES).reverse() ?? []) {
    if (entry.kind === 'message' && !names.has(foldName(entry.from)))
      names.set(foldName(entry.from), entry.from)
  }
  for (const [key, member] of room?.members ?? []) if (!names.has(key)) names.set(key, member.name)
  for (const { kind, name } of roomsOf(world)) {
    if (kind === 'direct' && !names.has(foldName(name.slice(1))))
      names.set(foldName(name.slice(1)), name.slice(1))
  }
  names.delete(me)
  return {
    names: [...names.values()],
    rooms: roomsOf(world).flatMap(({ kind, name }) => (kind === 'room' ? [name] : [])),
    commands: completionCommands(),
  }
}

/** Says what is composed, which is no command. What cannot be sent stays where it is. */
export function say(state: ScreenState, world: World): Step {
  const { text } = roomScreen(state).editor
  const message = (text.startsWith('//') ? text.slice(1) : text).replace(/\n+$/, '')
  const room = roomOf(world, state.current)
  if (room === undefined)
    return step(remark(state, world, [clean`no room is open: /join one first`], 'error'))
  const bytes = Buffer.byteLength(message)
  const most = world.client.limits.message
  if (bytes > most) {
    const excess = clean`the message has ${sizeText(bytes)}, the server takes ${sizeText(most)}: shorten it`
    return step(withNotice(state, excess, 'error'))
  }
  return step(withRoom(emptied(state), { anchor: 'bottom' }), { type: 'say', room: room.key, text: message })
}

/** The composer empty, with its text in the history. */
export function emptied(state: ScreenState): ScreenState {
  const { editor, history } = roomScreen(state)
  return withRoom(state, {
    editor: { ...createEditor(), killRing: editor.killRing },
    composerTop: 0,
    completion: undefined,
    history: remember(history, editor.text),
  })
}

/** Puts back what could not be taken, before what was typed since. */
export function giveBack(state: ScreenState, world: World, room: string, text: string): ScreenState {
  const { editor } = roomScreen(state, room)
  const whole = editor.text === '' ? text : `${text}\n${editor.text}`
  return followCursor(withRoom(state, { editor: setText(editor, whole) }, room), world)
}
