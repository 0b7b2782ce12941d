/** Enter in the composer. */

import { isCommand, parseCommand } from '../commands/definitions.ts'
import { roomScreen, type ScreenState, withNotice } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { clean } from '../text/clean.ts'
import { submitEdit } from './about.ts'
import { runCommand } from './commands.ts'
import { emptied, say } from './compose.ts'
import { type Step, step } from './step.ts'

/** Runs the typed command or sends the text. If that fails, the text stays in the composer and the screen says why. */
export function submit(state: ScreenState, world: World): Step {
  const { about, editor } = roomScreen(state)
  const { text } = editor
  if (text.trim() === '') {
    if (about?.kind !== 'edit') return step(state)
    return step(withNotice(state, clean`empty message: /delete removes it, Esc cancels`, 'warning'))
  }
  if (isCommand(text)) return submitCommand(state, world, text)
  return about?.kind === 'edit' ? submitEdit(state, world, about) : say(state, world)
}

function submitCommand(state: ScreenState, world: World, line: string): Step {
  const { name, rest } = parseCommand(line)
  const ran = runCommand(emptied(state), world, name, rest)
  return ran.ok ? ran.value : step(withNotice(state, ran.error, 'error'))
}
