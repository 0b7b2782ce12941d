/** The timeline of the current room as the pane shows it. It is the same object until something in it changes. */

import type { RoomView } from '../../client/room.ts'
import type { Clock } from '../model/clock.ts'
import { type Anchor, type Note, roomScreen, type ScreenState, type Selection } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { cleanLine } from '../text/clean.ts'
import { textWidth } from '../text/width.ts'
import { type Scene, sceneOf } from './blocks.ts'
import { type Columns, columnsOf } from './columns.ts'
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
  readonly warnings: readonly Note[]
}

let last: { readonly cause: Cause; readonly pane: Pane } | undefined

/** The pane of the current room; undefined without a room, or on a terminal too small for a pane. */
export function paneOf(state: ScreenState, world: World): Pane | undefined {
  const room = roomOf(world, state.current)
  const layout = layoutOf(state, world)
  if (room === undefined || layout === undefined) return undefined
  const { anchor, marker, notes, selection } = roomScreen(state)
  const { username } = world.client
  const setting = settingOf(world.clock, columnsOf(layout.pane, longestName(room, username)), username)
  const cause: Cause = {
    room,
    version: room.version,
    setting,
    height: layout.timeline,
    anchor,
    marker,
    notes,
    selection,
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
    a.warnings === b.warnings
  )
}

const settings = new WeakMap<Clock, Map<string, Setting>>()

/** Messages whose names decide how wide the column of names is. */
const NAMED = 500
let measured: { readonly room: RoomView; readonly version: number; readonly cells: number } | undefined

/** The cells of the longest name among the newest messages. */
function longestName(room: RoomView, me: string): number {
  if (measured?.room === room && measured.version === room.version) return measured.cells
  const names = new Set(
    room.timeline.slice(-NAMED).flatMap(entry => (entry.kind === 'message' ? entry.from : [])),
  )
  if (room.outbox.length > 0) names.add(me)
  const cells = Math.max(0, ...[...names].map(name => textWidth(cleanLine(name))))
  measured = { room, version: room.version, cells }
  return cells
}

/** One object for the same columns, name and clock: rows are kept by it. */
function settingOf(clock: Clock, columns: Columns, me: string): Setting {
  const ofClock = settings.get(clock) ?? new Map<string, Setting>()
  settings.set(clock, ofClock)
  const key = `${columns.width} ${columns.name} ${me}`
  const known = ofClock.get(key)
  if (known !== undefined) return known
  const setting = { columns, clock, me }
  if (ofClock.size > 100) ofClock.clear()
  ofClock.set(key, setting)
  return setting
}
