/**
 * A room as a list of blocks of rows: the head, one block for each entry of the timeline, one for each of our messages
 * that is not acknowledged, and the warnings. A block is made only when it is shown, so the cost does not grow with the history.
 */

import type { OutboxEntry } from '../../client/outbox.ts'
import type { RoomView } from '../../client/room.ts'
import type { MessageEntry, TimelineEntry } from '../../client/timelineEntry.ts'
import { foldName } from '../../protocol/names.ts'
import { hint } from '../input/bindings.ts'
import type { Note, RoomScreen, Selection } from '../model/state.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { textWidth, truncate } from '../text/width.ts'
import {
  entryKey,
  entryRows,
  nameRowOf,
  noteRows,
  outboxRows,
  type Repeated,
  type Setting,
} from './entryRows.ts'
import { linksOf } from './messageLinks.ts'
import { barred, NO_HEAD, remarkRows, withSender } from './messageRows.ts'
import { withPending } from './pending.ts'
import { REACTION_KEYS } from './reactionKeys.ts'
import { roomLabel } from './roomLabel.ts'
import type { Row } from './row.ts'
import { labelledRule, labelRoom } from './rule.ts'

/** A room with everything that decides how its blocks look. */
export type Scene = {
  readonly room: RoomView
  readonly setting: Setting
  /** The line "new" stands above the entry at this index of the timeline; -1: no line. */
  readonly markerAt: number
  readonly notes: ReadonlyMap<string | undefined, readonly Note[]>
  readonly selection: Selection | undefined
  /** Ids of the long messages that the user opened. */
  readonly opened: ReadonlySet<string>
  /** Warnings that stand below everything else. */
  readonly warnings: readonly Note[]
}

/** The rows of one block. Rows around an entry come and go, so positions are counted from its own rows. */
export type Block = {
  /** Separators above it. */
  readonly before: readonly Row[]
  readonly own: readonly Row[]
  /** Notes below it. */
  readonly after: readonly Row[]
}

/** Messages of one sender within this time, ms, stand under one name. */
const GROUP_WITHIN = 5 * 60_000
const NO_ROWS: readonly Row[] = []
const QUESTIONS = {
  delete: clean`delete this message for everybody? Ctrl+D deletes it, any other key keeps it`,
  react: clean`${REACTION_KEYS}  — a digit reacts, any other key cancels`,
} as const
const FRESH: Repeated = { name: false, time: false }
/** The name is shown although the row above shows it too, or is itself above; a long one is cut, so that the number of rows stays. */
const NAMED: Repeated = { name: false, time: false, isCut: true }

/** Prepares a room for showing. */
export function sceneOf(
  room: RoomView,
  screen: RoomScreen,
  setting: Setting,
  warnings: readonly Note[] = [],
): Scene {
  return {
    room,
    setting,
    markerAt: screen.marker === undefined ? -1 : markerIndex(room.timeline, screen.marker, setting.me),
    notes: notesByPlace(screen.notes),
    selection: screen.selection,
    opened: screen.opened,
    warnings,
  }
}

/** The index of the first message of another user after the seq `marker`; -1: none. */
function markerIndex(timeline: readonly TimelineEntry[], marker: number, me: string): number {
  const ours = foldName(me)
  let found = -1
  for (let at = timeline.length - 1; at >= 0; at--) {
    const entry = timeline[at]
    // Seqs above a restart belong to another log.
    if (entry === undefined || entry.kind === 'restart') break
    if (entry.kind === 'gap') continue
    if (entry.seq <= marker) break
    if (entry.kind === 'message' && foldName(entry.from) !== ours) found = at
  }
  return found
}

const NO_NOTES: ReadonlyMap<string | undefined, readonly Note[]> = new Map()
const places = new WeakMap<readonly Note[], ReadonlyMap<string | undefined, readonly Note[]>>()

function notesByPlace(notes: readonly Note[]): ReadonlyMap<string | undefined, readonly Note[]> {
  if (notes.length === 0) return NO_NOTES
  const known = places.get(notes)
  if (known !== undefined) return known
  const made = Map.groupBy(notes, note => note.after)
  places.set(notes, made)
  return made
}

/** How many blocks there are: at least one, the head. */
export function blockCount({ room, warnings }: Scene): number {
  return 1 + room.timeline.length + room.outbox.length + (warnings.length > 0 ? 1 : 0)
}

/**
 * The block at an index from 0 to `blockCount` - 1.
 * @param isNamed whether the own rows of a message show its name and time in any case; the number of rows stays
 */
export function blockAt(scene: Scene, index: number, isNamed = false): Block {
  const { room } = scene
  if (index === 0) return headBlock(scene)
  const entry = room.timeline[index - 1]
  if (entry !== undefined) return entryBlock(scene, entry, index - 1, isNamed)
  return outboxBlock(scene, index - 1 - room.timeline.length)
}

/** A row of a message, not its first, with the sender in the column of names; other rows as they are. */
export function tailRow({ room, setting }: Scene, index: number, row: Row): Row {
  const entry = room.timeline[index - 1]
  if (entry !== undefined) return entry.kind === 'message' ? withSender(row, entry, setting.columns) : row
  const ours = room.outbox[index - 1 - room.timeline.length]
  return ours?.request.action === 'chat' ? withSender(row, { from: setting.me }, setting.columns) : row
}

/** The rows of a whole block, from top to bottom. */
export function blockRows({ before, own, after }: Block): readonly Row[] {
  if (before.length === 0 && after.length === 0) return own
  return [...before, ...own, ...after]
}

function headBlock(scene: Scene): Block {
  const { room, setting, notes } = scene
  const { columns } = setting
  const welcome = isDeserted(room)
    ? welcomeLines().flatMap(line => remarkRows(NO_HEAD, line, 'dim', columns))
    : []
  const after = (notes.get(undefined) ?? []).flatMap(note => noteRows(note, setting))
  const label = room.loadingBefore
    ? clean`loading earlier messages…`
    : room.moreBefore
      ? clean`earlier messages: PgUp`
      : room.status === 'joined'
        ? beginning(scene)
        : undefined
  return {
    before: NO_ROWS,
    own: label === undefined ? NO_ROWS : [labelledRule(label, 'dim', columns)],
    after: [...welcome, ...after],
  }
}

/** `the beginning of #lobby · Thu 26 Nov`; a long name is cut rather than the day. */
function beginning(scene: Scene): CleanText {
  const { clock, columns } = scene.setting
  const ts = dayAtBeginning(scene)
  const day = ts === undefined ? clean`` : clean` · ${clock.shortDay(ts)}`
  const label = clean`the beginning of ${roomLabel(scene.room)}`
  return clean`${truncate(label, labelRoom(columns) - textWidth(day))}${day}`
}

/** A time of the first day, where one rule tells both the beginning of the room and this day; undefined where none does. */
export function dayAtBeginning({ room, setting, notes }: Scene): number | undefined {
  const { timeline, outbox, status, moreBefore, loadingBefore } = room
  if (status !== 'joined' || moreBefore || loadingBefore || notes.has(undefined)) return undefined
  const [first] = timeline
  if (first !== undefined) return dayStarted(first, undefined, setting)
  const ours = outbox.find(isOnARowOfItsOwn)
  return ours === undefined ? undefined : shownTime(ours)
}

/** Whether the user is alone in a room in which nothing was said yet. */
function isDeserted({ kind, status, people, timeline, outbox, moreBefore }: RoomView): boolean {
  const isEmpty = timeline.length === 0 && outbox.length === 0 && !moreBefore
  return kind === 'room' && status === 'joined' && people <= 1 && isEmpty
}

/** What to do first; it goes away with the first message, or when another person comes. */
function welcomeLines(): readonly CleanText[] {
  return [
    clean`Write something, and Enter sends it: it is kept for those who come later.`,
    clean`/invite makes a link by which one person comes in; /list shows the rooms of this server.`,
    clean`${cleanLine(hint('app.help').key)} lists all keys and commands, ${cleanLine(hint('room.switcher').key)} goes to rooms, people and commands.`,
  ]
}

function entryBlock(scene: Scene, entry: TimelineEntry, at: number, isNamed: boolean): Block {
  const { setting, notes, markerAt } = scene
  const previous = scene.room.timeline[at - 1]
  const isNew = at === markerAt
  const isTold = at === 0 && dayAtBeginning(scene) !== undefined
  const day = isTold ? undefined : dayStarted(entry, previous, setting)
  let before = day === undefined ? NO_ROWS : [dayRow(day, setting)]
  if (isNew) before = [...before, newRow(setting)]
  const said = notes.size === 0 ? undefined : notes.get(entryKey(entry))
  const hasNotesAbove = previous !== undefined && notes.size > 0 && notes.has(entryKey(previous))
  const natural = before.length > 0 || hasNotesAbove ? FRESH : repeatsOf(entry, previous, setting)
  const repeats = isNamed ? NAMED : natural
  const isFolded = before.length === 0 && !hasNotesAbove && isTombstone(entry) && isTombstone(previous)
  const own = isFolded ? NO_ROWS : ownRows(scene, entry, at, repeats)
  const name = entry.kind === 'message' && !isFolded ? nameRowOf(entry, setting, natural) : undefined
  if (name !== undefined) before = [...before, name]
  const selection = entry.kind === 'message' && entry.id === scene.selection?.id ? scene.selection : undefined
  return {
    before,
    own:
      selection === undefined || entry.kind !== 'message'
        ? own
        : selectedRows(own, entry, selection, setting),
    after: said?.flatMap(note => noteRows(note, setting)) ?? NO_ROWS,
  }
}

/** The rows of the selected message: with a bar, and with the question that its next key answers. */
function selectedRows(
  own: readonly Row[],
  message: MessageEntry,
  { armed }: Selection,
  { columns }: Setting,
): readonly Row[] {
  const asked = armed === undefined ? [] : armed === 'open' ? whichLink(message) : [QUESTIONS[armed]]
  const question = asked.flatMap(line => remarkRows(NO_HEAD, line, 'warning', columns))
  return [...own, ...question].map(row => barred(row, columns))
}

/** The addresses of a message by the digits that open them. */
function whichLink(message: MessageEntry): readonly CleanText[] {
  const links = linksOf(message).map(({ target }, at) => clean`${at + 1} ${cleanLine(target)}`)
  return [...links, clean`a digit opens it, any other key cancels`]
}

/** The rows of a message with our pending changes, and with the start of the message that it answers. */
function ownRows(scene: Scene, entry: TimelineEntry, at: number, repeats: Repeated): readonly Row[] {
  const { room, setting, opened } = scene
  if (entry.kind !== 'message') return entryRows(entry, setting, { repeats })
  const shown = room.outbox.length === 0 ? entry : withPending(entry, room.outbox, setting.me)
  const deleted = tombstonesFrom(scene, at)
  if (deleted > 1) {
    const head = { ...NO_HEAD, time: setting.clock.time(entry.ts) }
    return remarkRows(head, clean`${deleted} messages deleted`, 'dim', setting.columns)
  }
  const isOpened = opened.has(entry.id)
  if (entry.replyTo === undefined) return entryRows(shown, setting, { repeats, isOpened })
  // Seqs above a restart belong to another log.
  const isOfThisLog = room.timeline.findLastIndex(({ kind }) => kind === 'restart') < at
  const answered = isOfThisLog ? room.messageAt(entry.replyTo) : undefined
  return entryRows(shown, setting, { repeats, answered, isOpened })
}

/** Deleted messages in a row stand in one row. */
function isTombstone(entry: TimelineEntry | undefined): boolean {
  return entry?.kind === 'message' && entry.text === undefined
}

/** How many deleted messages follow each other from an index on, with no line and no note between them. */
function tombstonesFrom({ room: { timeline }, setting, markerAt, notes }: Scene, from: number): number {
  let at = from
  for (; isTombstone(timeline[at]); at++) {
    const [entry, previous] = [timeline[at], timeline[at - 1]]
    if (at === from || entry === undefined || previous === undefined) continue
    if (
      at === markerAt ||
      notes.has(entryKey(previous)) ||
      dayStarted(entry, previous, setting) !== undefined
    )
      break
  }
  return at - from
}

function outboxBlock(scene: Scene, at: number): Block {
  const { room, setting, notes, warnings } = scene
  const entry = room.outbox[at]
  if (entry === undefined) {
    const rows = at === room.outbox.length ? warnings.flatMap(note => noteRows(note, setting)) : NO_ROWS
    return { before: NO_ROWS, own: rows, after: NO_ROWS }
  }
  const above = room.outbox.slice(0, at).findLast(isOnARowOfItsOwn)
  const last = room.timeline.at(-1)
  const previous =
    above !== undefined
      ? above.state.status === 'failed'
        ? undefined
        : { from: setting.me, ts: above.ts }
      : last?.kind === 'message' && !notes.has(entryKey(last))
        ? last
        : undefined
  const told = last === undefined ? dayAtBeginning(scene) : timeOf(last)
  const since = above === undefined ? told : shownTime(above)
  const repeats = repeatsAfter(previous, { from: setting.me, ts: entry.ts }, setting)
  const { request } = entry
  const answered =
    request.action === 'chat' && request.replyTo !== undefined ? room.messageAt(request.replyTo) : undefined
  const rows = outboxRows(entry, setting, repeats, answered)
  // Our clock can be behind that of the server: no day is begun a second time.
  const day = shownTime(entry)
  const isNextDay = since === undefined || setting.clock.day(since) < setting.clock.day(day)
  const name = request.action === 'chat' ? nameRowOf({ from: setting.me }, setting, repeats) : undefined
  return {
    before: [
      ...(isNextDay && rows.length > 0 ? [dayRow(day, setting)] : []),
      ...(name === undefined ? [] : [name]),
    ],
    own: rows,
    after: NO_ROWS,
  }
}

/** The time that a message of ours shows until it is in the timeline. */
function shownTime({ state, ts }: OutboxEntry): number {
  return state.status === 'sent' ? state.ts : ts
}

/** Whether an entry has rows; a pending change shows at its message. */
function isOnARowOfItsOwn({ state, request }: OutboxEntry): boolean {
  return state.status === 'failed' || request.action === 'chat' || request.action === 'topic'
}

function timeOf(entry: TimelineEntry | undefined): number | undefined {
  return entry === undefined || entry.kind === 'gap' ? undefined : entry.ts
}

type Said = { readonly from: string; readonly ts: number }

function repeatsOf(entry: TimelineEntry, previous: TimelineEntry | undefined, setting: Setting): Repeated {
  if (entry.kind !== 'message' || previous?.kind !== 'message') return FRESH
  // A guest may have had the name before its owner.
  if (entry.guest !== previous.guest) return FRESH
  return repeatsAfter(previous, entry, setting)
}

function repeatsAfter(previous: Said | undefined, said: Said, { clock }: Setting): Repeated {
  if (previous === undefined || foldName(previous.from) !== foldName(said.from)) return FRESH
  const passed = said.ts - previous.ts
  if (passed < 0 || passed > GROUP_WITHIN || clock.day(previous.ts) !== clock.day(said.ts)) return FRESH
  return { name: true, time: clock.time(previous.ts) === clock.time(said.ts) }
}

/** The time of an entry that begins a day, as the first entry and an entry after a gap do; undefined for others. */
function dayStarted(
  entry: TimelineEntry,
  previous: TimelineEntry | undefined,
  { clock }: Setting,
): number | undefined {
  if (entry.kind === 'gap' || entry.kind === 'restart') return undefined
  if (previous === undefined || previous.kind === 'gap') return entry.ts
  return clock.day(previous.ts) === clock.day(entry.ts) ? undefined : entry.ts
}

const dayRows = new Map<string, Row>()

function dayRow(ts: number, { clock, columns }: Setting): Row {
  const label = clock.dayLabel(ts)
  const key = `${columns.width} ${label}`
  const known = dayRows.get(key)
  if (known !== undefined) return known
  const row = labelledRule(label, 'dim', columns)
  if (dayRows.size > 1_000) dayRows.clear()
  dayRows.set(key, row)
  return row
}

const newRows = new WeakMap<Setting, Row>()

function newRow(setting: Setting): Row {
  const known = newRows.get(setting)
  if (known !== undefined) return known
  const row = labelledRule(clean`new`, 'fresh', setting.columns, 'fresh')
  newRows.set(setting, row)
  return row
}
