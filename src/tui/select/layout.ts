/** The sizes of the panes. Pure arithmetic: no pane is ever wider or higher than the terminal. */

import { type EditorView, editorRows, editorView } from '../composer/editorRows.ts'
import { messageOf } from '../model/message.ts'
import { roomScreen, type ScreenState, type Size } from '../model/state.ts'
import { roomOf, roomsOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { textWidth, truncate } from '../text/width.ts'
import { type Row, span } from './row.ts'

/** The sizes of all panes, in cells. */
export type Layout = {
  readonly columns: number
  readonly rows: number
  /** 0: the list of rooms is not shown. */
  readonly sidebar: number
  /** The width of the timeline. */
  readonly pane: number
  /** The height of the timeline, and of the sidebar beside it. */
  readonly timeline: number
  /** The width of the list of people beside the timeline; 0: there is none. */
  readonly people: number
  /** Rows of the composer's text. */
  readonly composer: number
  /** Rows above it that tell which message it edits or answers: 1 or 0. */
  readonly about: number
  /** Whether lines stand between the panes. */
  readonly ruled: boolean
}

/** A smaller terminal shows only that it is too small. */
const LEAST_COLUMNS = 20
const LEAST_ROWS = 5
/** A narrower terminal shows no sidebar. */
const LEAST_FOR_SIDEBAR = 60
/** A lower terminal shows no rules between the panes. */
const LEAST_FOR_RULES = 9
/** A lower terminal tells in the prompt which message the composer edits or answers. */
const LEAST_FOR_ABOUT = 12
/** A wider terminal has room for people beside lines that are as long as is good to read. */
const LEAST_FOR_PEOPLE = 160
/** Larger sizes are errors of a terminal, and are reduced to this. */
const MOST_COLUMNS = 1000
const MOST_ROWS = 500

/** The layout; undefined where the terminal is too small for one. */
export function layoutOf(state: ScreenState, world: World): Layout | undefined {
  const columns = Math.min(state.size.columns, MOST_COLUMNS)
  const rows = Math.min(state.size.rows, MOST_ROWS)
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) return undefined
  const sidebar = state.sidebar && columns >= LEAST_FOR_SIDEBAR ? sidebarWidth(state, world) : 0
  const ruled = rows >= LEAST_FOR_RULES
  const fixed = ruled ? 4 : 2
  const most = Math.max(1, Math.min(8, Math.floor((rows - fixed) / 3)))
  const { text } = roomScreen(state).editor
  const wanted = text === '' ? 1 : editorRows(text, composerWidth(state, world)).length
  const composer = Math.min(most, wanted)
  const about = hasAboutRow(state) ? 1 : 0
  const people = state.people && hasPeoplePane(state) ? peopleWidth(state, world) : 0
  return {
    columns,
    rows,
    sidebar,
    pane: columns - (sidebar === 0 ? 0 : sidebar + 1) - (people === 0 ? 0 : people + 1),
    people,
    timeline: rows - fixed - composer - about,
    composer,
    about,
    ruled,
  }
}

/** The width of a list by its longest name, and the cells beside that name. */
type Width = { readonly least: number; readonly most: number; readonly beside: number }

/** Beside a name stand the bar of the current room, a number, and a count, with their blanks. */
const SIDEBAR: Width = { least: 20, most: 32, beside: 7 }
/** Beside a name stands a dot. A narrower list has no room for away messages. */
const PEOPLE: Width = { least: 16, most: 30, beside: 4 }

/** All rooms count, also those that are folded: one that shows up does not push the timeline to the side. */
function sidebarWidth({ size: { columns } }: ScreenState, world: World): number {
  if (columns < LEAST_FOR_PEOPLE) return columns >= 140 ? 26 : columns >= 90 ? 20 : 16
  // The dot of a person and its blank stand in the place of the @.
  return widthFor(
    roomsOf(world).map(({ kind, name }) => textWidth(name) + (kind === 'direct' ? 1 : 0)),
    SIDEBAR,
  )
}

function peopleWidth({ current }: ScreenState, world: World): number {
  const members = roomOf(world, current)?.members?.values() ?? []
  return widthFor(
    Array.from(members, ({ name }) => textWidth(name)),
    PEOPLE,
  )
}

function widthFor(names: readonly number[], { least, most, beside }: Width): number {
  return Math.min(most, Math.max(least, beside + Math.max(0, ...names)))
}

/** Whether the terminal is wide enough for a list of people beside the timeline. */
export function hasPeoplePane({ size }: ScreenState): boolean {
  return size.columns >= LEAST_FOR_PEOPLE
}

function hasAboutRow(state: ScreenState): boolean {
  return roomScreen(state).about !== undefined && state.size.rows >= LEAST_FOR_ABOUT
}

/** The prompt of the composer: our name if it fits, or what it edits or answers where no row above tells it. */
export function promptOf(state: ScreenState, world: World): { name: CleanText; sign: CleanText } {
  const { columns } = state.size
  const isWide = columns >= 50
  const most = Math.max(16, Math.floor(columns / 4))
  const about = hasAboutRow(state) ? undefined : roomScreen(state).about
  const name =
    about === undefined
      ? isWide
        ? truncate(cleanLine(world.client.username), most)
        : clean``
      : about.kind === 'edit'
        ? clean`edit`
        : isWide
          ? truncate(clean`to ${nameOfAnswered(state, world, about.id)}`, most)
          : clean`reply`
  return { name, sign: name === '' ? clean`› ` : clean` › ` }
}

function nameOfAnswered(state: ScreenState, world: World, id: string): CleanText {
  const room = roomOf(world, state.current)
  const message = room === undefined ? undefined : messageOf(room, id)
  return cleanLine(message?.from ?? 'a message')
}

/** The width of the composer's text, in cells. */
export function composerWidth(state: ScreenState, world: World): number {
  const { name, sign } = promptOf(state, world)
  return Math.max(2, Math.min(state.size.columns, MOST_COLUMNS) - 1 - textWidth(name) - textWidth(sign))
}

/** The visible rows of the composer's text. */
export function composerView(state: ScreenState, world: World, layout: Layout): EditorView {
  const { editor, composerTop } = roomScreen(state)
  return editorView(editor, composerWidth(state, world), layout.composer, composerTop)
}

/** The only row of a terminal that is too small. */
export function tooSmallRow({ columns }: Size): Row {
  return [span(truncate(columns < 18 ? clean`too small` : clean`terminal too small`, columns), 'warning')]
}
