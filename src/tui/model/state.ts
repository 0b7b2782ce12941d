/** What the screen is, as plain data. What the client knows of the world is not copied here; what can be derived is not stored. */

import type { LinkState } from '../../client/link.ts'
import type { Composed } from '../../client/stateFile.ts'
import type { ChatEvent } from '../../protocol/events.ts'
import type { Completion } from '../composer/completion.ts'
import { createEditor, type Editor, setText } from '../composer/editor.ts'
import { EMPTY_HISTORY, type InputHistory, remember } from '../composer/inputHistory.ts'
import { type CleanText, clean } from '../text/clean.ts'

/** The terminal's cells. */
export type Size = { readonly columns: number; readonly rows: number }

/** A place in a timeline that stays the same while rows come and go around it. */
export type Anchor = {
  /** The entry, see `entryKey`. */
  readonly key: string
  /** The row at the top of the pane, counted from the entry's own first row; negative: above it. */
  readonly row: number
  /** Where the entry was in the timeline last; it is looked for from there. */
  readonly hint: number
}

/** Something that the program itself says in a room: an answer to a command, an error. Kept here alone. */
export type Note = {
  readonly id: number
  /** Our clock, ms. */
  readonly ts: number
  readonly tone: 'info' | 'error'
  readonly lines: readonly CleanText[]
  /** Key of the timeline entry under which it stands; undefined: at the head of the timeline. */
  readonly after: string | undefined
}

/** Which message the composer is about. */
export type About = {
  readonly kind: 'edit' | 'reply'
  /** Of the message, see `MessageEntry.id`. */
  readonly id: string
}

/** The message that keys act on instead of the composer. */
export type Selection = {
  /** Of the message, see `MessageEntry.id`. */
  readonly id: string
  /** Whether the next press of the key deletes it. */
  readonly deleting: boolean
}

/** What the screen keeps of one room. */
export type RoomScreen = {
  readonly editor: Editor
  /** The first row of the composer that is shown, of a text with more rows than it has. */
  readonly composerTop: number
  readonly completion: Completion | undefined
  readonly about: About | undefined
  readonly history: InputHistory
  /** Whether the newest of the history was said; what was cleared or run instead is brought back by Up. */
  readonly wasSaid: boolean
  readonly selection: Selection | undefined
  readonly anchor: Anchor | 'bottom'
  /** The last seq that was read when the line "new" was drawn: it stands above what came after. */
  readonly marker: number | undefined
  /** False until what was missed while away from the room or the server is here. */
  readonly settled: boolean
  readonly notes: readonly Note[]
  /** Which pages were asked for since the user last scrolled, so that nothing is asked for again and again in vain. */
  readonly asked: readonly string[]
  /** When it was looked at last, for the switcher; only the order counts. */
  readonly lastActive: number
}

/** What was looked for, and what was found. */
export type Search = {
  readonly kind: 'search'
  /** As it was typed. */
  readonly asked: string
  /** The newest first; undefined until the server has answered. */
  readonly hits: readonly ChatEvent[] | undefined
  /** Where the next page begins; undefined: that is all. */
  readonly cursor: string | undefined
  readonly chosen: number
  /** What stands around the chosen hit, once it was asked for. */
  readonly context: readonly ChatEvent[] | undefined
}

/** What lies over the timeline. */
export type Overlay =
  | { readonly kind: 'help'; readonly top: number }
  | { readonly kind: 'switcher'; readonly editor: Editor; readonly chosen: number }
  | Search
  /** The server will not have us under this name: asks for another. */
  | { readonly kind: 'name'; readonly editor: Editor; readonly reason: CleanText }

/** How near the user is to leaving: 1 has asked once, 2 has been told that something is unsent. */
type Leaving = 0 | 1 | 2

/** Everything that the screen knows beside the client. */
export type ScreenState = {
  readonly size: Size
  /** The room to begin with, by name; forgotten once it is shown. */
  readonly first: string | undefined
  /** The refusal that the user has been asked about. */
  readonly refusal: LinkState | undefined
  /** Whether the terminal has the focus; true where it does not tell. */
  readonly focused: boolean
  /** Key of the room that is shown. */
  readonly current: string | undefined
  /** By key; '' is the composer that stands there when no room is open. */
  readonly rooms: ReadonlyMap<string, RoomScreen>
  readonly overlay: Overlay | undefined
  /** Whether the list of rooms may be shown where there is place for it. */
  readonly sidebar: boolean
  readonly leaving: Leaving
  /** A sentence in the status line until the next key. */
  readonly notice: { readonly text: CleanText; readonly tone: 'dim' | 'warning' | 'error' } | undefined
  /** Our clock at the last event, ms. */
  readonly now: number
  /** Ids of notes and the order of visits count from here. */
  readonly counter: number
}

const NEW_ROOM: RoomScreen = {
  editor: createEditor(),
  composerTop: 0,
  completion: undefined,
  about: undefined,
  history: EMPTY_HISTORY,
  wasSaid: true,
  selection: undefined,
  anchor: 'bottom',
  marker: undefined,
  settled: false,
  notes: [],
  asked: [],
  lastActive: 0,
}

/** Notes kept in a room; the oldest go first. */
const MAX_NOTES = 100

/** A screen before anything has happened, with what stood in the composers last time. */
export function initialState(
  size: Size,
  now: number,
  first?: string,
  composed: ReadonlyMap<string, Composed> = new Map(),
): ScreenState {
  return {
    size,
    first,
    refusal: undefined,
    focused: true,
    current: undefined,
    rooms: new Map([...composed].map(([key, kept]) => [key, withComposed(NEW_ROOM, kept)])),
    overlay: undefined,
    sidebar: true,
    leaving: 0,
    notice: undefined,
    now,
    counter: 0,
  }
}

function withComposed(room: RoomScreen, { draft, inputs }: Composed): RoomScreen {
  return {
    ...room,
    editor: setText(createEditor(), draft),
    history: { entries: inputs, at: inputs.length, edited: new Map() },
  }
}

/**
 * What stands in the composer of a room, and what was sent from it: the draft also while looking back. The new text of
 * an old message is no draft, which would be sent as a new one.
 */
export function composedOf({ editor, history, about }: RoomScreen): Composed {
  if (about?.kind === 'edit') return { draft: '', inputs: remember(history, editor.text).entries }
  const { entries, at, edited } = history
  return { draft: at === entries.length ? editor.text : (edited.get(entries.length) ?? ''), inputs: entries }
}

/** What the screen keeps of a room; of the current one (or of none) without a key. */
export function roomScreen(state: ScreenState, key: string = state.current ?? ''): RoomScreen {
  return state.rooms.get(key) ?? NEW_ROOM
}

/** The state with a change to what it keeps of a room; of the current one without a key. */
export function withRoom(
  state: ScreenState,
  change: Partial<RoomScreen>,
  key: string = state.current ?? '',
): ScreenState {
  return { ...state, rooms: new Map(state.rooms).set(key, { ...roomScreen(state, key), ...change }) }
}

/** The state with a sentence in the status line. */
export function withNotice(
  state: ScreenState,
  text: CleanText,
  tone: 'dim' | 'warning' | 'error' = 'dim',
): ScreenState {
  return { ...state, notice: { text, tone } }
}

/** The state with something said by the program itself under the entry `after` of a room. */
export function withNote(
  state: ScreenState,
  key: string,
  after: string | undefined,
  lines: readonly CleanText[],
  tone: Note['tone'],
): ScreenState {
  const note: Note = {
    id: state.counter,
    ts: state.now,
    tone,
    lines: lines.length === 0 ? [clean``] : lines,
    after,
  }
  const notes = [...roomScreen(state, key).notes, note].slice(-MAX_NOTES)
  return withRoom({ ...state, counter: state.counter + 1 }, { notes, anchor: 'bottom' }, key)
}
