/** The editing actions of the key registry, for the composer, the switcher and every other input. */

import type { ActionId } from '../input/bindings.ts'
import * as editor from './editor.ts'

/** An action that every input line has. */
export type LineAction = Extract<ActionId, `line.${string}`>

const EDITS: Readonly<Record<LineAction, (state: editor.Editor) => editor.Editor>> = {
  'line.left': editor.moveLeft,
  'line.right': editor.moveRight,
  'line.wordLeft': editor.moveWordLeft,
  'line.wordRight': editor.moveWordRight,
  'line.start': editor.moveToStart,
  'line.end': editor.moveToEnd,
  'line.deleteBackward': editor.deleteBackward,
  'line.deleteForward': editor.deleteForward,
  'line.killToStart': editor.killToStart,
  'line.killToEnd': editor.killToEnd,
  'line.killBackToSpace': editor.killBackToSpace,
  'line.killWordBackward': editor.killWordBackward,
  'line.killWordForward': editor.killWordForward,
  'line.yank': editor.yank,
  'line.yankOlder': editor.yankOlder,
  'line.undo': editor.undo,
  'line.redo': editor.redo,
}

/** Whether an action edits an input line. */
export function isLineAction(id: ActionId): id is LineAction {
  return id.startsWith('line.')
}

/** The editor after the action. */
export function edit(state: editor.Editor, id: LineAction): editor.Editor {
  return EDITS[id](state)
}
