/** What a command is. */

import type { ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import type { CleanText } from '../text/clean.ts'
import type { Step } from '../update/step.ts'

/** Why a command could not be run; what was typed stays. */
export type Problem = { readonly problem: CleanText }

/** One command of the composer. */
export type Command = {
  /** Without the slash. */
  readonly name: string
  /** What stands behind it, for people: `NAME [TEXT]`. */
  readonly args: string
  readonly help: string
  /** What the first word behind it stands for, for completion. */
  readonly argument?: 'room' | 'name'
  /** @param rest what stands behind the name, without white space around it */
  run(state: ScreenState, world: World, rest: string): Step | Problem
}
