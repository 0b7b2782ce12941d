/** The state of the screen, as plain data. It copies nothing from the client and stores nothing that can be derived. */

import type { Composed } from '../../client/drafts.ts'
import type { LinkState } from '../../client/link.ts'
import type { Candidates, Completion } from '../composer/completion.ts'
import { createEditor, type Editor, NOTHING_CUT, setText } from '../composer/editor.ts'
import { EMPTY_HISTORY, type InputHistory, remember } from '../composer/inputHistory.ts'
import { type CleanText, clean } from '../text/clean.ts'
import type { Colors } from '../text/hues.ts'
import type { Proof } from './account.ts'
import type { Overlay, Search } from './overlay.ts'
import { DEFAULT_SETTINGS, type Settings } from './settings.ts'
import type { Anchor, View } from './view.ts'

/** The terminal's cells. */
export type Size = { readonly columns: number; readonly rows: number }

/** A remark of the program in a room, such as an answer to a command or an error. Only the screen keeps it. */
export type Note = {
  readonly id: number
  /** Our clock, ms. */
  readonly ts: number
  readonly tone: 'info' | 'error'
  readonly lines: readonly CleanText[]
  /** Key of the timeline entry under which it stands; undefined: at the head of the timeline. */
  readonly after: string | undefined
}

/** The message that the composer edits or answers. */
export type About = {
  readonly kind: 'edit' | 'reply'
  /** Of the message, see `MessageEntry.id`. */
  readonly id: string
  /** The seq of the message; an edited one may not be stored yet. */
  readonly seq?: number | undefined
}

/** The selected message: keys act on it instead of the composer. */
export type Selection = {
  /** Of the message, see `MessageEntry.id`. */
  readonly id: string
  /** The action that the very next key can confirm. */
  readonly armed: 'delete' | 'react' | 'open' | undefined
  /** Letters that acted as keys, with the time of the last: they were meant as text if text follows at once. */
  readonly typed: { readonly text: string; readonly at: number }
}

/** A message that calls the user. */
export type Call = {
  /** The key of its room. */
  readonly room: string
  readonly seq: number
  readonly from: CleanText
  readonly text: CleanText
  /** Whether it mentions the user, is in a direct conversation, or has one of the words. */
  readonly isMention: boolean
}

/** The screen's state of one room. */
export type RoomScreen = {
  readonly editor: Editor
  /** The first visible row of a text with more rows than the composer. */
  readonly composerTop: number
  readonly completion: Completion | undefined
  /** Where the word begins for which the user took the list of completions away. */
  readonly noPopup: number | undefined
  readonly about: About | undefined
  /** The draft that was in the composer when an edit began; it comes back after the edit. */
  readonly aside: string
  readonly history: InputHistory
  readonly selection: Selection | undefined
  /** Ids of the long messages that are shown whole. */
  readonly opened: ReadonlySet<string>
  readonly anchor: Anchor | 'bottom'
  /** The last read seq when the line "new" was set: the line stands above the next message. */
  readonly marker: number | undefined
  /** Unread messages on the screen, by seq, with the time since when they stand there; our clock, ms. */
  readonly gaze: ReadonlyMap<number, number>
  /** Seqs of unread messages that stood on the screen long enough to be read. */
  readonly seen: ReadonlySet<number>
  /** Whether everything was read since the line "new" was set: later unread messages set it again. */
  readonly caughtUp: boolean
  /** Whether nothing is marked as read until the user leaves the room, or writes in it. */
  readonly isPeeking: boolean
  /** False until the messages that were missed while away from the room or the server are loaded. */
  readonly settled: boolean
  readonly notes: readonly Note[]
  /** Pages requested since the user last scrolled: a page that fails is not requested again at once. */
  readonly asked: readonly string[]
  /** Larger for rooms that were shown more recently; for the switcher. */
  readonly lastActive: number
}

/** Steps towards quitting: 1, Ctrl+C was pressed once; 2, the screen quits once every message is sent. */
type Leaving = 0 | 1 | 2

/** The whole state of the screen. */
export type ScreenState = {
  readonly size: Size
  /** How many colours the terminal has; 0 also where the user wants none. */
  readonly colors: Colors
  /** The room to begin with, by name; undefined once it is shown. */
  readonly first: string | undefined
  /** The refusal that a dialog was opened for. */
  readonly refusal: LinkState | undefined
  /** The reason of a lost connection that was told in a box, as the status line has no room for it. */
  readonly toldReason: string | undefined
  /** Whether the terminal has the focus; undefined until the terminal reports it, as some never do. */
  readonly focused: boolean | undefined
  /** Whether another program, or a view without columns, has the terminal. */
  readonly isElsewhere: boolean
  /** The last key, paste or gain of focus; our clock, ms. */
  readonly lastInput: number
  /** Key of the room that is shown. */
  readonly current: string | undefined
  /** Keys of the rooms that stand first in the list, as something is unread in them. */
  readonly unreadFirst: readonly string[]
  /** Keys of the rooms that the list folds where it is too low for all; those that are active stand first, and stay longest. */
  readonly quiet: readonly string[]
  /** Where the user was before each jump, the latest last. */
  readonly trail: readonly View[]
  /** Where the user was before going through the unread rooms; undefined: the user goes through none. */
  readonly home: View | undefined
  /** By key; '' is the composer while no room is open. */
  readonly rooms: ReadonlyMap<string, RoomScreen>
  readonly overlay: Overlay | undefined
  /** Short codes and their emoji; undefined until one is typed. */
  readonly emoji: Candidates['emoji']
  /** Whether Ctrl+X was the last key. */
  readonly isPrefixed: boolean
  /** What was cut in any line, newest first. */
  readonly killRing: readonly string[]
  /** What the user last signed in by: it is offered first. */
  readonly lastProof: Proof['by'] | undefined
  /** The last search that was closed; the user can open it again. */
  readonly lastSearch: Search | undefined
  /** Whether the user wants the sidebar, where it fits. */
  readonly sidebar: boolean
  /** Whether the user wants the people of the room beside the timeline, where they fit. */
  readonly people: boolean
  readonly leaving: Leaving
  readonly settings: Settings
  /** Messages that call, until they are told at `callAt`; our clock, ms. */
  readonly calls: readonly Call[]
  readonly callAt: number | undefined
  /** When the last call was told. */
  readonly calledAt: number
  /** Warnings that stand below the newest message of every room until the user takes note of them. */
  readonly warnings: readonly Note[]
  /** A sentence that the status line shows until the next key after `until`. */
  readonly notice:
    | {
        readonly text: CleanText
        readonly tone: 'dim' | 'warning' | 'error'
        /** Our clock, ms; in the past for the answer to a key. */
        readonly until: number
      }
    | undefined
  /** Our clock at the last event, ms. */
  readonly now: number
  /** Gives notes their ids, and rooms the order of their visits. */
  readonly counter: number
}

const NEW_ROOM: RoomScreen = {
  editor: createEditor(),
  composerTop: 0,
  completion: undefined,
  noPopup: undefined,
  about: undefined,
  aside: '',
  history: EMPTY_HISTORY,
  selection: undefined,
  opened: new Set(),
  anchor: 'bottom',
  marker: undefined,
  gaze: new Map(),
  seen: new Set(),
  caughtUp: true,
  isPeeking: false,
  settled: false,
  notes: [],
  asked: [],
  lastActive: 0,
}

/** Notes kept in a room; the oldest go first. */
const MAX_NOTES = 100
/** Warnings shown at once; the oldest go first. */
const MAX_WARNINGS = 3

/** The state before the first event, with the drafts of the last start. */
export function initialState(
  size: Size,
  now: number,
  first?: string,
  composed: ReadonlyMap<string, Composed> = new Map(),
  { colors = 256, settings = DEFAULT_SETTINGS }: { colors?: Colors; settings?: Settings } = {},
): ScreenState {
  return {
    size,
    colors,
    first,
    refusal: undefined,
    toldReason: undefined,
    focused: undefined,
    isElsewhere: false,
    lastInput: now,
    current: undefined,
    unreadFirst: [],
    quiet: [],
    trail: [],
    home: undefined,
    rooms: new Map([...composed].map(([key, kept]) => [key, withComposed(NEW_ROOM, kept)])),
    overlay: undefined,
    emoji: undefined,
    isPrefixed: false,
    killRing: NOTHING_CUT,
    lastProof: undefined,
    lastSearch: undefined,
    sidebar: true,
    people: true,
    leaving: 0,
    settings,
    calls: [],
    callAt: undefined,
    calledAt: 0,
    warnings: [],
    notice: undefined,
    now,
    counter: 0,
  }
}

function withComposed(room: RoomScreen, { draft, answers, inputs }: Composed): RoomScreen {
  return {
    ...room,
    about: answers === undefined ? undefined : { kind: 'reply', ...answers },
    editor: setText(createEditor(), draft),
    history: { entries: inputs, at: inputs.length, edited: new Map() },
  }
}

/**
 * The draft of a room and its sent texts, also while the composer shows an older text. The new text of an edited message
 * is not a draft: a draft is sent as a new message.
 */
export function composedOf({ editor, history, about, aside }: RoomScreen): Composed {
  if (about?.kind === 'edit') return { draft: aside, inputs: remember(history, editor.text).entries }
  const { entries, at, edited } = history
  const draft = at === entries.length ? editor.text : (edited.get(entries.length) ?? '')
  const answers = about?.seq === undefined ? {} : { answers: { id: about.id, seq: about.seq } }
  return { draft, ...answers, inputs: entries }
}

/** The screen's state of a room; without a key, of the current one. */
export function roomScreen(state: ScreenState, key: string = state.current ?? ''): RoomScreen {
  return state.rooms.get(key) ?? NEW_ROOM
}

/** The state with a change to one room; without a key, to the current one. */
export function withRoom(
  state: ScreenState,
  change: Partial<RoomScreen>,
  key: string = state.current ?? '',
): ScreenState {
  return { ...state, rooms: new Map(state.rooms).set(key, { ...roomScreen(state, key), ...change }) }
}

/** A selection of a message on which no key has acted yet. */
export function selectionOf(id: string): Selection {
  return { id, armed: undefined, typed: { text: '', at: 0 } }
}

/** How long a notice that answers no key stays at least, ms: the user may be typing. */
const READ_MS = 4_000

/** The state with a sentence in the status line, until the next key. */
export function withNotice(
  state: ScreenState,
  text: CleanText,
  tone: 'dim' | 'warning' | 'error' = 'dim',
): ScreenState {
  return { ...state, notice: { text, tone, until: state.now } }
}

/** The state with an error that came by itself: keys of the next seconds do not take it away. */
export function withLateError(state: ScreenState, text: CleanText): ScreenState {
  return { ...state, notice: { text, tone: 'error', until: state.now + READ_MS } }
}

/** The state without a notice that was there long enough to be read. */
export function withoutNotice(state: ScreenState): ScreenState {
  return state.notice === undefined || state.now < state.notice.until
    ? state
    : { ...state, notice: undefined }
}

/** The state with a warning that stands until the user takes note of it. The same warning stands once. */
export function withWarning(state: ScreenState, line: CleanText): ScreenState {
  if (state.warnings.some(({ lines }) => lines[0] === line)) return state
  const { counter: id, now: ts } = state
  const warning: Note = { id, ts, tone: 'error', lines: [line, clean`Esc takes note`], after: undefined }
  return { ...state, counter: id + 1, warnings: [...state.warnings, warning].slice(-MAX_WARNINGS) }
}

/** The state with a remark of the program under the entry `after` of a room. */
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
  return withRoom({ ...state, counter: state.counter + 1 }, { notes }, key)
}
