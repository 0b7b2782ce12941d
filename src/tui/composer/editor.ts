/**
 * A line editor without a screen: text, cursor, cut texts and undo. Immutable; every function gives the next state.
 * All functions work by grapheme: the cursor is never inside a character as readers see it.
 */

import { graphemeStart, nextGrapheme, previousGrapheme } from '../text/grapheme.ts'
import { wordLeft, wordRight } from './words.ts'

/** A replacement in the text, with everything that undo and redo need. */
type Change = {
  readonly at: number
  readonly removed: string
  readonly inserted: string
  /** The cursor before and after. */
  readonly before: number
  readonly after: number
}

/** The kind of the last change. Typing joins typing as one undo step; a cut joins a cut as one entry of the ring. */
type ChangeKind = 'typing' | 'erasing' | 'kill' | 'yank' | 'other'

/** An editor's state. */
export type Editor = {
  readonly text: string
  /** A string index, always at the border of a grapheme. */
  readonly cursor: number
  /** The cell column that moving up and down aims at; undefined after any other move. */
  readonly goal: number | undefined
  /** The cut texts, newest first; those of other lines come by {@link withKillRing}. */
  readonly killRing: readonly string[]
  /** The range of the last `yank`, and its entry of the ring; undefined after any other function. */
  readonly yanked: { readonly from: number; readonly to: number; readonly entry: number } | undefined
  readonly lastChange: ChangeKind
  readonly undoStack: readonly Change[]
  readonly redoStack: readonly Change[]
}

/** Steps that can be undone; typing a word is one step. */
const UNDO_STEPS = 200
/** Cut texts that are kept. */
const KILL_RING = 10

/** The ring before anything was cut. */
export const NOTHING_CUT: readonly string[] = []

/** An editor that holds `text`, with the cursor at its end and nothing to undo. */
export function createEditor(text = ''): Editor {
  const content = typeable(text)
  return {
    text: content,
    cursor: content.length,
    goal: undefined,
    killRing: NOTHING_CUT,
    yanked: undefined,
    lastChange: 'other',
    undoStack: [],
    redoStack: [],
  }
}

/** The text as a message can hold it: each line break is `\n`, no NUL, no half surrogate pairs. */
function typeable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\x85\u2028\u2029]/g, '\n')
    .replaceAll('\0', '')
}

/** Types or pastes `text` at the cursor. */
export function insertText(editor: Editor, text: string): Editor {
  const typed = typeable(text)
  if (typed === '') return editor
  const isOneKey = typed.length <= 2 && typed !== '\n' && [...typed].length === 1
  return replace(editor, editor.cursor, editor.cursor, typed, isOneKey ? 'typing' : 'other')
}

/** Begins a new line at the cursor. */
export function insertNewline(editor: Editor): Editor {
  return insertText(editor, '\n')
}

/** Deletes the grapheme before the cursor. */
export function deleteBackward(editor: Editor): Editor {
  return replace(editor, previousGrapheme(editor.text, editor.cursor), editor.cursor, '', 'erasing')
}

/** Deletes the grapheme behind the cursor. */
export function deleteForward(editor: Editor): Editor {
  return replace(editor, editor.cursor, nextGrapheme(editor.text, editor.cursor), '', 'erasing')
}

/** Cuts to the beginning of the line; at the beginning, the line break before it. */
export function killToStart(editor: Editor): Editor {
  const start = lineStart(editor.text, editor.cursor)
  return kill(editor, start === editor.cursor ? Math.max(0, start - 1) : start, editor.cursor)
}

/** Cuts to the end of the line; at the end, the line break. */
export function killToEnd(editor: Editor): Editor {
  const end = lineEnd(editor.text, editor.cursor)
  return kill(editor, editor.cursor, end === editor.cursor ? Math.min(end + 1, editor.text.length) : end)
}

/** Cuts back to the white space before the word: readline's Ctrl+W. */
export function killBackToSpace(editor: Editor): Editor {
  const before = editor.text.slice(0, editor.cursor).trimEnd()
  let from = before.length
  while (from > 0 && !/\s/.test(before.charAt(from - 1))) from--
  return kill(editor, from, editor.cursor)
}

/** Cuts from the beginning of the word before the cursor. */
export function killWordBackward(editor: Editor): Editor {
  return kill(editor, wordLeft(editor.text, editor.cursor), editor.cursor)
}

/** Cuts to the end of the word behind the cursor. */
export function killWordForward(editor: Editor): Editor {
  return kill(editor, editor.cursor, wordRight(editor.text, editor.cursor))
}

/** The editor with the cut texts of all lines. What another line cut is an entry of its own. */
export function withKillRing(editor: Editor, killRing: readonly string[]): Editor {
  if (editor.killRing === killRing) return editor
  const lastChange = editor.lastChange === 'kill' ? 'other' : editor.lastChange
  return { ...editor, killRing, lastChange, yanked: undefined }
}

/** Inserts the last cut text at the cursor. */
export function yank(editor: Editor): Editor {
  const text = editor.killRing[0]
  if (text === undefined) return editor
  const from = editor.cursor
  return { ...replace(editor, from, from, text, 'yank'), yanked: { from, to: from + text.length, entry: 0 } }
}

/** Right after `yank`: replaces the inserted text with the one that was cut before it, in a circle. */
export function yankOlder(editor: Editor): Editor {
  if (editor.yanked === undefined) return editor
  const { from, to } = editor.yanked
  const entry = (editor.yanked.entry + 1) % editor.killRing.length
  const text = editor.killRing[entry] ?? ''
  return { ...replace(editor, from, to, text, 'yank'), yanked: { from, to: from + text.length, entry } }
}

/** The cursor a grapheme to the left. */
export function moveLeft(editor: Editor): Editor {
  return moveTo(editor, previousGrapheme(editor.text, editor.cursor))
}

/** The cursor a grapheme to the right. */
export function moveRight(editor: Editor): Editor {
  return moveTo(editor, nextGrapheme(editor.text, editor.cursor))
}

/** The cursor to the beginning of the word before it, see `words.ts`. */
export function moveWordLeft(editor: Editor): Editor {
  return moveTo(editor, wordLeft(editor.text, editor.cursor))
}

/** The cursor behind the end of the word after it. */
export function moveWordRight(editor: Editor): Editor {
  return moveTo(editor, wordRight(editor.text, editor.cursor))
}

/** The cursor to the beginning of its line. */
export function moveToStart(editor: Editor): Editor {
  return moveTo(editor, lineStart(editor.text, editor.cursor))
}

/** The cursor to the end of its line. */
export function moveToEnd(editor: Editor): Editor {
  return moveTo(editor, lineEnd(editor.text, editor.cursor))
}

/** The cursor to the border of the grapheme at an index. `goal` keeps the column of moves up and down. */
export function moveTo(editor: Editor, index: number, goal?: number): Editor {
  const cursor = graphemeStart(editor.text, index)
  return { ...editor, cursor, goal, yanked: undefined, lastChange: 'other' }
}

/** Undoes the last step. */
export function undo(editor: Editor): Editor {
  const change = editor.undoStack.at(-1)
  if (change === undefined) return editor
  return {
    ...moveTo(editor, 0),
    text: spliced(editor.text, change.at, change.at + change.inserted.length, change.removed),
    cursor: change.before,
    undoStack: editor.undoStack.slice(0, -1),
    redoStack: [...editor.redoStack, change],
  }
}

/** Redoes the step that was undone last, unless the text has changed since. */
export function redo(editor: Editor): Editor {
  const change = editor.redoStack.at(-1)
  if (change === undefined) return editor
  return {
    ...moveTo(editor, 0),
    text: spliced(editor.text, change.at, change.at + change.removed.length, change.inserted),
    cursor: change.after,
    undoStack: [...editor.undoStack, change],
    redoStack: editor.redoStack.slice(0, -1),
  }
}

/** Replaces the whole text, with the cursor at `cursor` or the end. Undo restores it. */
export function setText(editor: Editor, text: string, cursor?: number): Editor {
  const next = replace(editor, 0, editor.text.length, typeable(text), 'other')
  return cursor === undefined ? next : moveTo(next, cursor)
}

/** Removes the whole text. Undo restores it. */
export function clearText(editor: Editor): Editor {
  return setText(editor, '')
}

function spliced(text: string, from: number, to: number, inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(to)
}

/** Every change of the text goes through here. */
function replace(editor: Editor, from: number, to: number, inserted: string, kind: ChangeKind): Editor {
  if (from === to && inserted === '') return editor
  const text = spliced(editor.text, from, to, inserted)
  // The border of a grapheme can move: a mark was typed behind a letter, or two halves of an emoji came together.
  const wanted = from + inserted.length
  const start = graphemeStart(text, wanted)
  const cursor = start === wanted ? wanted : nextGrapheme(text, start)
  const change = {
    at: from,
    removed: editor.text.slice(from, to),
    inserted,
    before: editor.cursor,
    after: cursor,
  }
  const last = editor.lastChange === kind ? editor.undoStack.at(-1) : undefined
  const joined = last === undefined ? undefined : joinedChange(last, change, kind)
  return {
    ...editor,
    text,
    cursor,
    goal: undefined,
    yanked: undefined,
    lastChange: kind,
    undoStack:
      joined === undefined
        ? [...editor.undoStack.slice(1 - UNDO_STEPS), change]
        : [...editor.undoStack.slice(0, -1), joined],
    redoStack: [],
  }
}

/** Two changes as one undo step, for a word typed by letters or a run of deletions; undefined for others. */
function joinedChange(last: Change, next: Change, kind: ChangeKind): Change | undefined {
  const { before } = last
  const { after } = next
  if (kind === 'typing') {
    const goesOn = next.removed === '' && next.at === last.at + last.inserted.length
    const beginsWord = /\s$/.test(last.inserted) && /^\S/.test(next.inserted)
    if (!goesOn || beginsWord) return undefined
    return { at: last.at, removed: last.removed, inserted: last.inserted + next.inserted, before, after }
  }
  if (kind !== 'erasing' || last.inserted !== '') return undefined
  if (next.at + next.removed.length === last.at) {
    return { at: next.at, removed: next.removed + last.removed, inserted: '', before, after }
  }
  return next.at === last.at ? { ...last, removed: last.removed + next.removed, after } : undefined
}

/** Cuts a range that ends or begins at the cursor. Cuts in a row are one entry of the ring, as in readline. */
function kill(editor: Editor, from: number, to: number): Editor {
  if (from === to) return editor
  const cut = editor.text.slice(from, to)
  const [newest = '', ...older] = editor.killRing
  const killRing =
    editor.lastChange === 'kill'
      ? [to === editor.cursor ? cut + newest : newest + cut, ...older]
      : [cut, ...editor.killRing].slice(0, KILL_RING)
  return { ...replace(editor, from, to, '', 'kill'), killRing }
}

function lineStart(text: string, index: number): number {
  return index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1
}

function lineEnd(text: string, index: number): number {
  const end = text.indexOf('\n', index)
  return end === -1 ? text.length : end
}
