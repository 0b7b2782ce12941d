/** Completing names, rooms and commands. */

import { foldName } from '../../protocol/names.ts'
import { completionCommands } from '../commands/definitions.ts'
import { type Candidates, nextCompletion, startCompletion } from '../composer/completion.ts'
import { setText } from '../composer/editor.ts'
import { roomScreen, type ScreenState, withRoom } from '../model/state.ts'
import { roomOf, roomsOf, type World } from '../model/world.ts'
import { withEditor } from './compose.ts'
import { andThen, type Step, step } from './step.ts'

/** Names are taken from so many of the newest messages. */
const RECENT_MESSAGES = 200

/** Completes the word at the cursor: the next candidate for Tab (1), the one before for Shift+Tab (-1). */
export function complete(state: ScreenState, world: World, direction: 1 | -1): Step {
  const { editor, completion } = roomScreen(state)
  const goesOn =
    completion !== undefined && completion.text === editor.text && completion.cursor === editor.cursor
  const chosen = goesOn
    ? nextCompletion(completion, direction)
    : startCompletion(editor.text, editor.cursor, candidates(state, world), direction)
  if (chosen === undefined) return step(state)
  return andThen(withEditor(state, world, setText(editor, chosen.text, chosen.cursor)), next =>
    step(withRoom(next, { completion: chosen })),
  )
}

function candidates(state: ScreenState, world: World): Candidates {
  const room = roomOf(world, state.current)
  const me = foldName(world.client.username)
  const names = new Map<string, string>()
  for (const entry of room?.timeline.slice(-RECENT_MESSAGES).reverse() ?? []) {
    if (entry.kind === 'message' && !names.has(foldName(entry.from)))
      names.set(foldName(entry.from), entry.from)
  }
  for (const [key, member] of room?.members ?? []) if (!names.has(key)) names.set(key, member.name)
  for (const { kind, name } of roomsOf(world)) {
    if (kind === 'direct' && !names.has(foldName(name.slice(1))))
      names.set(foldName(name.slice(1)), name.slice(1))
  }
  names.delete(me)
  return {
    names: [...names.values()],
    rooms: roomsOf(world).flatMap(({ kind, name }) => (kind === 'room' ? [name] : [])),
    commands: completionCommands(),
  }
}
