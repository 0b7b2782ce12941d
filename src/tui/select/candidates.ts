/** What the word at the cursor of the composer can be completed to. */

import { foldName } from '../../protocol/names.ts'
import { completionCommands } from '../commands/definitions.ts'
import { type Candidates, type Completion, startCompletion } from '../composer/completion.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import { roomOf, roomsOf, type World } from '../model/world.ts'

/** Names are taken from so many of the newest messages. */
const RECENT_MESSAGES = 200

/** The candidates in the current room. */
export function candidatesOf(state: ScreenState, world: World): Candidates {
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
    rooms: roomsOf(world).flatMap(({ kind, title }) => (kind === 'room' ? [title] : [])),
    commands: completionCommands(),
    emoji: state.emoji ?? [],
  }
}

/** A word that shows what it can become while it is typed: one with a sign before it, and an argument of a command. */
const ASKS = /(?:^|[\s([{"'])[@#][^\s]*$|^\/[^\s/]*$|^\/\S+\s+\S*$|(?:^|[\s(])[:][a-z0-9_+-]{2,}$/iu

/** The completion that the popup shows; undefined: there is none, or the user took it away. */
export function shownCompletion(state: ScreenState, world: World): Completion | undefined {
  const { editor, completion, noPopup, selection } = roomScreen(state)
  if (state.overlay !== undefined || selection !== undefined || editor.text === '') return undefined
  const isUnderWay =
    completion !== undefined && completion.text === editor.text && completion.cursor === editor.cursor
  if (isUnderWay) return completion
  if (!ASKS.test(editor.text.slice(0, editor.cursor).slice(-MAX_WORD))) return undefined
  const found = startCompletion(editor.text, editor.cursor, candidatesOf(state, world))
  return found === undefined || found.before.length === noPopup ? undefined : { ...found, chosen: -1 }
}

/** More than a word and what stands before it. */
const MAX_WORD = 200
