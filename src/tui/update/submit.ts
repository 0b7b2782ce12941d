/** Enter in the composer. */

import { roomScreen, type ScreenState, withNotice } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { clean } from '../text/clean.ts'
import { submitEdit } from './about.ts'
import { parseCommand, ROOM_COMMANDS, unknownCommand } from './commands.ts'
import { emptied, isCommand, say } from './compose.ts'
import { quit } from './leave.ts'
import { remark, type Step, step } from './step.ts'

/** Runs a command or says the text. What cannot be run or said stays in the composer, with the reason on the screen. */
export function submit(state: ScreenState, world: World): Step {
  const { about, editor } = roomScreen(state)
  const { text } = editor
  if (text.trim() === '') {
    if (about?.kind !== 'edit') return step(state)
    return step(
      withNotice(state, clean`nothing is no message: /delete takes it away, Esc leaves it`, 'warning'),
    )
  }
  if (isCommand(text)) return runCommand(state, world, text)
  return about?.kind === 'edit' ? submitEdit(state, world, about) : say(state, world)
}

function runCommand(state: ScreenState, world: World, text: string): Step {
  const { name, rest } = parseCommand(text)
  if (name === 'quit') return quit(emptied(state), world)
  if (name === 'help') return step({ ...emptied(state), overlay: { kind: 'help', top: 0 } })
  const command = ROOM_COMMANDS.find(known => known.name === name)
  if (command === undefined) return step(remark(state, world, [unknownCommand(name)], 'error'))
  const done = command.run(emptied(state), world, rest)
  return 'problem' in done ? step(remark(state, world, [done.problem], 'error')) : done
}
