/** The result of an update. */

import type { Effect } from '../model/effect.ts'
import { type Note, type ScreenState, withNote, withNotice } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { entryKey } from '../select/entryRows.ts'
import { type CleanText, joinClean } from '../text/clean.ts'

/** The next state, and the effects to run. */
export type Step = { readonly state: ScreenState; readonly effects: readonly Effect[] }

/** A step to a state with these effects. */
export function step(state: ScreenState, ...effects: readonly Effect[]): Step {
  return { state, effects }
}

/** A step and the step after it as one, with the effects of both in order. */
export function andThen(first: Step, next: (state: ScreenState) => Step): Step {
  const second = next(first.state)
  return { state: second.state, effects: [...first.effects, ...second.effects] }
}

/** The state with a remark of the program: under the newest message of a room, or in the status line without a room. */
export function remark(
  state: ScreenState,
  world: World,
  lines: readonly CleanText[],
  tone: Note['tone'] = 'info',
  key: string | undefined = state.current,
): ScreenState {
  const room = roomOf(world, key) ?? roomOf(world, state.current)
  if (room === undefined) {
    return withNotice(state, joinClean(lines.slice(0, 1)), tone === 'error' ? 'error' : 'dim')
  }
  const last = room.timeline.at(-1)
  return withNote(state, room.key, last === undefined ? undefined : entryKey(last), lines, tone)
}
