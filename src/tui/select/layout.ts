/** How the screen is shared. Pure arithmetic: nothing is ever wider or higher than the terminal. */

import { type EditorView, editorRows, editorView } from '../composer/editorRows.ts'
import { messageOf } from '../model/message.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { textWidth, truncate } from '../text/width.ts'

/** The places of everything, in cells. */
export type Layout = {
  readonly columns: number
  readonly rows: number
  /** 0: the list of rooms is not shown. */
  readonly sidebar: number
  /** The width of the timeline. */
  readonly pane: number
  /** The height of the timeline, and of the sidebar beside it. */
  readonly timeline: number
  /** Rows of the composer. */
  readonly composer: number
  /** Whether lines stand between the panes. */
  readonly ruled: boolean
}

/** Below this a terminal shows nothing but that it is too small. */
const LEAST_COLUMNS = 20
const LEAST_ROWS = 5
/** Below this the list of rooms steps aside. */
const LEAST_FOR_SIDEBAR = 60
/** Below this the lines between the panes step aside. */
const LEAST_FOR_RULES = 9
/** What is not to be believed of a terminal's size. */
const MOST_COLUMNS = 1000
const MOST_ROWS = 500

/** The layout; undefined where the terminal is too small for one. */
export function layoutOf(state: ScreenState, world: World): Layout | undefined {
  const columns = Math.min(state.size.columns, MOST_COLUMNS)
  const rows = Math.min(state.size.rows, MOST_ROWS)
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) return undefined
  const list = columns >= 140 ? 26 : columns >= 90 ? 20 : 16
  const sidebar = state.sidebar && columns >= LEAST_FOR_SIDEBAR ? list : 0
  const ruled = rows >= LEAST_FOR_RULES
  const fixed = ruled ? 4 : 2
  const most = Math.max(1, Math.min(8, Math.floor((rows - fixed) / 3)))
  const { text } = roomScreen(state).editor
  const wanted = text === '' ? 1 : editorRows(text, composerWidth(state, world)).length
  const composer = Math.min(most, wanted)
  return {
    columns,
    rows,
    sidebar,
    pane: sidebar === 0 ? columns : columns - sidebar - 1,
    timeline: rows - fixed - composer,
    composer,
    ruled,
  }
}

/** What stands before the text of the composer: what it is about, or the own name where there is place for it. */
export function promptOf(state: ScreenState, world: World): { name: CleanText; sign: CleanText } {
  const isWide = state.size.columns >= 50
  const { about } = roomScreen(state)
  const name =
    about === undefined
      ? isWide
        ? truncate(cleanLine(world.client.username), 16)
        : clean``
      : about.kind === 'edit'
        ? clean`edit`
        : isWide
          ? truncate(clean`to ${nameOfAnswered(state, world, about.id)}`, 16)
          : clean`reply`
  return { name, sign: name === '' ? clean`› ` : clean` › ` }
}

function nameOfAnswered(state: ScreenState, world: World, id: string): CleanText {
  const room = roomOf(world, state.current)
  const message = room === undefined ? undefined : messageOf(room, id)
  return cleanLine(message?.from ?? 'a message')
}

/** The cells that the composer has for text. */
export function composerWidth(state: ScreenState, world: World): number {
  const { name, sign } = promptOf(state, world)
  return Math.max(2, Math.min(state.size.columns, MOST_COLUMNS) - 1 - textWidth(name) - textWidth(sign))
}

/** What the composer shows of its text. */
export function composerView(state: ScreenState, world: World, layout: Layout): EditorView {
  const { editor, composerTop } = roomScreen(state)
  return editorView(editor, composerWidth(state, world), layout.composer, composerTop)
}
