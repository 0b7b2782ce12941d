/** The timeline of the current room as the pane shows it. It is the same object until something in it changes. */

import type { RoomView } from '../../client/room.ts'
import type { Clock } from '../model/clock.ts'
import { type Note, roomScreen, type ScreenState, type Selection } from '../model/state.ts'
import type { Anchor } from '../model/view.ts'
import { roomOf, type World } from '../model/world.ts'
import { cleanLine } from '../text/clean.ts'
import { type Colors, HueBook, huesOf } from '../text/hues.ts'
import { textWidth } from '../text/width.ts'
import { type Scene, sceneOf } from './blocks.ts'
import { columnsOf, mostForNames } from './columns.ts'
import type { Setting } from './entryRows.ts'
import { layoutOf } from './layout.ts'
import { type Viewport, viewportOf } from './viewport.ts'

/** The current room, and its visible part. */
export type Pane = {
  readonly room: RoomView
  readonly scene: Scene
  readonly height: number
  readonly view: Viewport
}

type Cause = {
  readonly room: RoomView
  readonly version: number
  readonly setting: Setting
  readonly height: number
  readonly anchor: Anchor | 'bottom'
  readonly marker: number | undefined
  readonly notes: readonly Note[]
  readonly selection: Selection | undefined
  readonly opened: ReadonlySet<string>
  readonly warnings: readonly Note[]
}

let last: { readonly cause: Cause; readonly pane: Pane } | undefined

/** The pane of the current room; undefined without a room, or on a terminal too small for a pane. */
export function paneOf(state: ScreenState, world: World): Pane | undefined {
  const room = roomOf(world, state.current)
  const layout = layoutOf(state, world)
  if (room === undefined || layout === undefined) return undefined
  const { anchor, marker, notes, selection, opened } = roomScreen(state)
  const { username } = world.client
  const columns = columnsOf(layout.pane, longestName(room, username, mostForNames(layout.pane)))
  const setting = settingOf(room, { columns, clock: world.clock, me: username }, state.colors)
  const cause: Cause = {
    room,
    version: room.version,
    setting,
    height: layout.timeline,
    anchor,
    marker,
    notes,
    selection,
    opened,
    warnings: state.warnings,
  }
  if (last !== undefined && isSame(last.cause, cause)) return last.pane
  const scene = sceneOf(room, roomScreen(state), setting, state.warnings)
  const pane = { room, scene, height: layout.timeline, view: viewportOf(scene, anchor, layout.timeline) }
  last = { cause, pane }
  return pane
}

function isSame(a: Cause, b: Cause): boolean {
  return (
    a.room === b.room &&
    a.version === b.version &&
    a.setting === b.setting &&
    a.height === b.height &&
    a.anchor === b.anchor &&
    a.marker === b.marker &&
    a.notes === b.notes &&
    a.selection === b.selection &&
    a.opened === b.opened &&
    a.warnings === b.warnings
  )
}

/** Messages whose names decide how wide the column of names is. */
const NAMED = 500
let measured:
  | { readonly room: RoomView; readonly version: number; readonly most: number; readonly cells: number }
  | undefined

/** The cells of the longest name among the newest messages that fits into the column. */
function longestName(room: RoomView, me: string, most: number): number {
  if (measured?.room === room && measured.version === room.version && measured.most === most)
    return measured.cells
  const names = new Set(
    room.timeline
      .slice(-NAMED)
      .flatMap(entry =>
        entry.kind === 'message' ? (entry.guest === true ? `~${entry.from}` : entry.from) : [],
      ),
  )
  if (room.outbox.length > 0) names.add(me)
  const cells = [...names].map(name => textWidth(cleanLine(name))).filter(width => width <= most)
  measured = { room, version: room.version, most, cells: Math.max(0, ...cells) }
  return measured.cells
}

type Settings = {
  readonly clock: Clock
  readonly colors: Colors
  readonly hues: HueBook
  readonly byKey: Map<string, Setting>
}

const settings = new WeakMap<RoomView, Settings>()

/** The hues of the people of a room. */
export function huesIn(room: RoomView, { colors }: ScreenState, { clock }: World): HueBook {
  return settingsOf(room, clock, colors).hues
}

function settingsOf(room: RoomView, clock: Clock, colors: Colors): Settings {
  const known = settings.get(room)
  if (known?.clock === clock && known.colors === colors) return known
  const hues = known?.colors === colors ? known.hues : new HueBook(huesOf(colors))
  const made: Settings = { clock, colors, hues, byKey: new Map() }
  settings.set(room, made)
  return made
}

/** One object for the same room, columns, name, colours and clock: rows are kept by it. */
function settingOf(room: RoomView, { columns, clock, me }: Omit<Setting, 'hues'>, colors: Colors): Setting {
  const { byKey, hues } = settingsOf(room, clock, colors)
  const key = `${columns.width} ${columns.name} ${me}`
  const known = byKey.get(key)
  if (known !== undefined) return known
  const setting = { columns, clock, me, hues }
  if (byKey.size > 100) byKey.clear()
  byKey.set(key, setting)
  return setting
}
