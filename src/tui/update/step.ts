/** The result of an update. */

import type { Effect } from '../model/effect.ts'
import { roomScreen, type ScreenState, withNote, withNotice } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { entryKey } from '../select/entryRows.ts'
import { type CleanText, clean, joinClean } from '../text/clean.ts'

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

/**
 * The state with an answer of the program under the newest message of a room. A user who has scrolled up stays there, and
 * sees it in the status line; so does a user without a room.
 */
export function remark(
  state: ScreenState,
  world: World,
  lines: readonly CleanText[],
  key: string | undefined = state.current,
): ScreenState {
  const room = roomOf(world, key) ?? roomOf(world, state.current)
  const shown = withNotice(state, joinClean(lines, clean` `))
  if (room === undefined) return shown
  const last = room.timeline.at(-1)
  const isInView = room.key === state.current && roomScreen(state).anchor === 'bottom'
  const below = last === undefined ? undefined : entryKey(last)
  return withNote(isInView ? state : shown, room.key, below, lines, 'info')
}
