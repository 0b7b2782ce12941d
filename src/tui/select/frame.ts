/** The whole screen, derived from the state and the world, as rows that the view draws. */

import { foldName } from '../../protocol/names.ts'
import { isCommand } from '../commands/definitions.ts'
import { type ActionId, hint } from '../input/bindings.ts'
import { messageOf } from '../model/message.ts'
import { type About, roomScreen, type ScreenState } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { hueOf } from '../text/hues.ts'
import { textWidth } from '../text/width.ts'
import { blockAt, dayAtBeginning } from './blocks.ts'
import type { Box } from './box.ts'
import { credentialBox } from './credentialBox.ts'
import { headerRow } from './header.ts'
import { helpBox } from './helpBox.ts'
import { composerView, type Layout, layoutOf, promptOf } from './layout.ts'
import { BAR } from './messageRows.ts'
import { nameBox } from './nameBox.ts'
import { noticeBox } from './noticeBox.ts'
import { type Pane, paneOf } from './pane.ts'
import { peopleRows } from './peoplePane.ts'
import { popupBox } from './popupBox.ts'
import { recallBox } from './recallBox.ts'
import { refusalBox } from './refusalBox.ts'
import { blanks, cutRow, EMPTY_ROW, type Row, span, spread } from './row.ts'
import { type Joints, paneRule } from './rule.ts'
import { searchBox } from './searchBox.ts'
import { secretsBox } from './secretsBox.ts'
import { sidebarRows } from './sidebar.ts'
import { statusRow } from './status.ts'
import { switcherBox } from './switcherBox.ts'

/** A cell of the screen, counted from its top left corner. */
type Cell = { readonly x: number; readonly y: number }

/** Everything that the view draws. */
export type Frame = {
  readonly layout: Layout
  readonly header: Row
  /** Undefined on a screen too low for rules. */
  readonly rules: { readonly top: Row; readonly bottom: Row } | undefined
  /** As many rows as the timeline has; empty while the sidebar is hidden. */
  readonly sidebar: readonly Row[]
  readonly timeline: readonly Row[]
  /** Likewise; empty where there is no list of people. */
  readonly people: readonly Row[]
  /** With the row above it that tells which message it edits or answers. */
  readonly composer: readonly Row[]
  readonly status: Row
  readonly overlay: Box | undefined
  /** Whether what is behind the box is drawn dim. */
  readonly isDimmed: boolean
  readonly cursor: Cell | undefined
}

/** The screen; undefined where the terminal is too small. */
export function frameOf(state: ScreenState, world: World): Frame | undefined {
  const layout = layoutOf(state, world)
  if (layout === undefined) return undefined
  const pane = paneOf(state, world)
  const composer = composerOf(state, world, layout)
  const over = overlayOf(state, world, layout)
  return {
    layout,
    header: headerRow(state, world, layout),
    rules: layout.ruled ? rulesOf(state, layout, pane) : undefined,
    sidebar: layout.sidebar === 0 ? [] : sidebarRows(state, world, layout),
    timeline: timelineOf(layout, pane),
    people: layout.people === 0 ? [] : peopleRows(state, world, layout),
    composer: composer.rows,
    status: statusRow(state, world, layout, pane),
    overlay: over?.box,
    isDimmed: state.overlay !== undefined,
    cursor: state.overlay === undefined ? (selectionCell(layout, pane) ?? composer.cursor) : over?.cursor,
  }
}

/**
 * The last frame with a new composer and status line; undefined if anything else has changed.
 * @param drawn the state of the last frame
 */
export function frameAfterTyping(
  last: Frame,
  drawn: ScreenState,
  state: ScreenState,
  world: World,
): Frame | undefined {
  const layout = layoutOf(state, world)
  if (layout === undefined || !isSameButTyping(drawn, state) || !isSameLayout(layout, last.layout))
    return undefined
  const composer = composerOf(state, world, layout)
  const pane = paneOf(state, world)
  return {
    ...last,
    composer: composer.rows,
    status: statusRow(state, world, layout, pane),
    overlay: overlayOf(state, world, layout)?.box,
    cursor: composer.cursor,
  }
}

function isSameButTyping(a: ScreenState, b: ScreenState): boolean {
  const [before, now] = [roomScreen(a), roomScreen(b)]
  return (
    a.current === b.current &&
    a.sidebar === b.sidebar &&
    a.unreadFirst === b.unreadFirst &&
    a.quiet === b.quiet &&
    a.people === b.people &&
    a.overlay === undefined &&
    b.overlay === undefined &&
    a.warnings === b.warnings &&
    a.notice === b.notice &&
    before.anchor === now.anchor &&
    before.marker === now.marker &&
    before.notes === now.notes &&
    before.opened === now.opened &&
    before.isPeeking === now.isPeeking &&
    before.about === now.about &&
    before.selection === now.selection
  )
}

function isSameLayout(a: Layout, b: Layout): boolean {
  return (
    a.columns === b.columns &&
    a.rows === b.rows &&
    a.timeline === b.timeline &&
    a.sidebar === b.sidebar &&
    a.people === b.people
  )
}

/** The cell where the selected message begins: a screen reader reads the row of the cursor. */
function selectionCell(
  { timeline: height, sidebar, ruled }: Layout,
  pane: Pane | undefined,
): Cell | undefined {
  if (pane?.scene.selection === undefined) return undefined
  const { rows } = pane.view
  const at = rows.findIndex(row => row.includes(BAR))
  if (at === -1) return undefined
  const x = (sidebar === 0 ? 0 : sidebar + 1) + pane.scene.setting.columns.textStart
  return { x, y: 1 + (ruled ? 1 : 0) + height - rows.length + at }
}

/** The visible rows, at the bottom of their pane. */
function timelineOf(layout: Layout, pane: Pane | undefined): readonly Row[] {
  const { timeline: height } = layout
  const rows = pane?.view.rows ?? roomless(layout)
  return [...Array.from({ length: height - rows.length }, () => EMPTY_ROW), ...rows]
}

/** What to do while no room is open. */
function roomless({ pane: width, timeline: height }: Layout): readonly Row[] {
  const lines = [
    clean` /list shows the rooms of this server.`,
    clean` /join lobby opens one or makes it.`,
    clean` ${keyOf('app.help')} lists all keys and commands.`,
  ]
  return lines.slice(0, height).map(line => cutRow([span(line, 'dim')], width))
}

function rulesOf(
  state: ScreenState,
  layout: Layout,
  pane: Pane | undefined,
): { readonly top: Row; readonly bottom: Row } {
  const joints = (sign: CleanText): Joints => ({
    sign,
    left: layout.sidebar === 0 ? undefined : layout.sidebar,
    right: layout.people === 0 ? undefined : layout.columns - layout.people - 1,
  })
  return {
    top: paneRule(layout.columns, joints(clean`┬`), { left: [dayAbove(pane)], right: newAbove(pane) }),
    bottom: paneRule(layout.columns, joints(clean`┴`), {
      left: peeking(state),
      right: newBelow(state, pane),
    }),
  }
}

/** The day of the first visible message, unless the row that begins the day is visible too. */
function dayAbove(pane: Pane | undefined): Row {
  if (pane === undefined) return EMPTY_ROW
  const { room, scene, view } = pane
  if (view.top.block === 0 && dayAtBeginning(scene) !== undefined) return EMPTY_ROW
  for (let block = Math.max(1, view.top.block); block <= view.lastBlock; block++) {
    const entry = room.timeline[block - 1]
    if (entry === undefined) break
    const { before } = blockAt(scene, block)
    const shown = block === view.top.block ? before.slice(view.top.row) : before
    if (shown.length > 0) return EMPTY_ROW
    if (entry.kind === 'message' || entry.kind === 'topic')
      return [span(scene.setting.clock.shortDay(entry.ts), 'dim')]
  }
  return EMPTY_ROW
}

/** Tells that the line "new" is above the visible rows, and how many messages came since. */
function newAbove(pane: Pane | undefined): Row {
  if (pane === undefined) return EMPTY_ROW
  const { room, scene, view } = pane
  const entry = room.timeline[scene.markerAt]
  if (entry?.kind !== 'message' || scene.markerAt + 1 >= view.top.block) return EMPTY_ROW
  const { clock, me } = scene.setting
  const count = room.timeline
    .slice(scene.markerAt)
    .filter(said => said.kind === 'message' && foldName(said.from) !== foldName(me)).length
  return [span(clean`↑ ${count} new since ${clock.time(entry.ts)} (${keyOf('scroll.unread')})`, 'fresh')]
}

/** Tells that nothing is marked as read, in as many words as there is room for. */
function peeking(state: ScreenState): readonly Row[] {
  if (!roomScreen(state).isPeeking) return []
  const key = keyOf('room.peek')
  return [
    [span(clean`peeking, nothing is marked as read (${key})`, 'fresh')],
    [span(clean`peeking (${key})`, 'fresh')],
    [span(clean`peeking`, 'fresh')],
  ]
}

/** Tells that the newest message is below the visible rows. */
function newBelow(state: ScreenState, pane: Pane | undefined): Row {
  if (pane === undefined || pane.view.atBottom || state.overlay !== undefined) return EMPTY_ROW
  const { room, scene, view } = pane
  const unread = room.timeline
    .slice(view.lastBlock)
    .filter(
      entry =>
        entry.kind === 'message' &&
        entry.seq > room.read &&
        foldName(entry.from) !== foldName(scene.setting.me),
    )
  if (unread.length === 0) return [span(clean`↓ more below (${keyOf('scroll.bottom')})`, 'dim')]
  return [span(clean`↓ ${unread.length} new below (${keyOf('scroll.bottom')})`, 'fresh')]
}

const keyOf = (id: ActionId): CleanText => cleanLine(hint(id).key)

function composerOf(
  state: ScreenState,
  world: World,
  layout: Layout,
): { readonly rows: readonly Row[]; readonly cursor: Cell } {
  const { name, sign } = promptOf(state, world)
  const view = composerView(state, world, layout)
  const indent = 1 + textWidth(name) + textWidth(sign)
  // Arrows show that the text goes on above or below.
  const arrow = view.top === 0 ? sign : clean`${blanks(textWidth(sign) - 2)}↑ `
  const isMoreBelow = view.top + view.rows.length < view.total
  const margin = (at: number): CleanText =>
    isMoreBelow && at === layout.composer - 1 ? clean`${blanks(indent - 2)}↓ ` : blanks(indent)
  const { about, editor } = roomScreen(state)
  const tone = isCommand(editor.text) ? 'here' : 'dim'
  const isNamed = about === undefined || layout.about > 0
  const nameTone = isNamed ? (`name.${hueOf(world.client.username)}` as const) : 'here'
  const texts = Array.from({ length: layout.composer }, (_, at): Row => {
    const text = span(view.rows[at] ?? clean``)
    if (at > 0) return [span(margin(at), 'dim'), text]
    return [span(clean` `), span(name, nameTone), span(arrow, tone), text]
  })
  const rows =
    about === undefined || layout.about === 0 ? texts : [aboutRow(state, world, about, layout), ...texts]
  const top = layout.rows - 1 - layout.composer
  return { rows, cursor: { x: indent + view.cursor.column, y: top + view.cursor.row } }
}

/** `╭ answering frank: could you have a look`, and how to leave it. */
function aboutRow(state: ScreenState, world: World, about: About, { columns }: Layout): Row {
  const room = roomOf(world, state.current)
  const message = room === undefined ? undefined : messageOf(room, about.id)
  const text = message?.text === undefined ? clean`` : cleanLine(message.text.slice(0, columns).trim())
  const isEdit = about.kind === 'edit'
  const from = cleanLine(message?.from ?? 'an earlier message')
  const what = isEdit ? clean`editing: ${text}` : clean`answering ${from}: ${text}`
  const leaves: Row = [span(keyOf('app.escape')), span(clean` leaves it `, 'dim')]
  return spread([span(clean` ╭ `, 'here'), span(what, 'dim')], leaves, columns)
}

function overlayOf(
  state: ScreenState,
  world: World,
  layout: Layout,
): { readonly box: Box; readonly cursor?: Cell } | undefined {
  const { overlay } = state
  switch (overlay?.kind) {
    case 'help':
      return { box: helpBox(layout, overlay.top) }
    case 'search':
      return { box: searchBox(world, layout, overlay) }
    case 'switcher':
      return switcherBox(state, world, layout, overlay)
    case 'recall':
      return recallBox(state, layout, overlay)
    case 'name':
      return nameBox(layout, overlay)
    case 'refusal':
      return { box: refusalBox(layout, overlay) }
    case 'credential':
      return credentialBox(world, layout, overlay)
    case 'secrets':
      return { box: secretsBox(layout, overlay) }
    case undefined: {
      const box = noticeBox(state, layout) ?? popupBox(state, world, layout)
      return box === undefined ? undefined : { box }
    }
  }
}
