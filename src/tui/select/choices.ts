/** What the quick switcher leads to: rooms, people and commands. */

import { distance } from 'fastest-levenshtein'
import type { RoomMember, RoomView } from '../../client/room.ts'
import { isListed } from '../../client/roomList.ts'
import { foldName, foldRoom, parseConversation } from '../../protocol/names.ts'
import type { RoomSummary } from '../../protocol/requests.ts'
import { commandList } from '../commands/definitions.ts'
import type { Switcher } from '../model/overlay.ts'
import { asksToBeRead } from '../model/roomOrder.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import { roomNamed, roomOf, roomsOf, type World } from '../model/world.ts'
import { matchRooms, type SwitcherMatch, type SwitcherRoom } from './switcher.ts'

/** One thing to choose. */
export type Choice =
  /** A room that is open. */
  | { readonly kind: 'room'; readonly view: RoomView }
  /** A room of the server that is not open. */
  | { readonly kind: 'public'; readonly summary: RoomSummary }
  | { readonly kind: 'person'; readonly member: RoomMember }
  | { readonly kind: 'command'; readonly name: string; readonly help: string }
  /** A room that does not exist yet. */
  | { readonly kind: 'make'; readonly name: string }

/** A choice as the switcher finds it. */
export type FoundChoice = SwitcherRoom & { readonly choice: Choice }

/** What tells a choice apart from the others. */
export function keyOfChoice({ room: { room, choice } }: SwitcherMatch<FoundChoice>): string {
  return `${choice.kind} ${room}`
}

/** The place of what is chosen in the list, or the first. */
export function chosenAt(choices: readonly SwitcherMatch<FoundChoice>[], { chosen }: Switcher): number {
  return Math.max(
    0,
    choices.findIndex(one => keyOfChoice(one) === chosen),
  )
}

/** Behind the rooms that are open, by kind. */
const RANKS = { public: -2, person: -3, command: -4 } as const
/** Letters by which a name may differ from another one that was meant. */
const TYPOS = 2

/** What fits the typed letters, best first, with the current room last. */
export function choicesOf(
  state: ScreenState,
  world: World,
  switcher: Switcher,
): readonly SwitcherMatch<FoundChoice>[] {
  const query = switcher.editor.text.trim()
  const candidates = candidatesOf(state, world, switcher, query)
  const matches = [...renamedFrom(query, candidates), ...matchRooms(query, candidates)]
  const isCommand = ({ room }: SwitcherMatch<FoundChoice>): boolean => room.choice.kind === 'command'
  // A command stands behind whatever else has the letters.
  const found = [...matches.filter(match => !isCommand(match)), ...matches.filter(isCommand)]
  const name = newRoomName(query, world, switcher)
  if (name === undefined) return found
  const meant = switcher.of === 'make' ? similarTo(name, state, world, switcher, found) : []
  const make: FoundChoice = {
    room: name,
    unread: 0,
    mentions: 0,
    lastActive: 0,
    choice: { kind: 'make', name },
  }
  return [...found, ...meant, { room: make, ranges: [] }]
}

/** The room that had the typed name first, and is called otherwise: its letters do not find it. */
function renamedFrom(
  query: string,
  candidates: readonly FoundChoice[],
): readonly SwitcherMatch<FoundChoice>[] {
  const typed = foldRoom(query.replace(/^#/, ''))
  const isFirstName = ({ choice }: FoundChoice): boolean => {
    const [name, title] =
      choice.kind === 'room'
        ? [choice.view.name, choice.view.title]
        : choice.kind === 'public'
          ? [choice.summary.room, choice.summary.title ?? choice.summary.room]
          : ['', '']
    return name !== title && foldRoom(name) === typed && foldRoom(title) !== typed
  }
  return candidates.filter(isFirstName).map(room => ({ room, ranges: [] }))
}

function candidatesOf(
  state: ScreenState,
  world: World,
  switcher: Switcher,
  query: string,
): readonly FoundChoice[] {
  if (switcher.of === 'people') return peopleOf(state, world)
  const rooms = [...openRooms(state, world), ...publicRooms(world, switcher)]
  if (switcher.of !== 'all' || query === '') return rooms
  const commands = commandList().map(
    ({ name, help }): FoundChoice => quiet(`/${name}`, RANKS.command, { kind: 'command', name, help }),
  )
  return query.startsWith('/') ? commands : [...rooms, ...peopleOf(state, world), ...commands]
}

function quiet(room: string, lastActive: number, choice: Choice): FoundChoice {
  return { room, unread: 0, mentions: 0, lastActive, choice }
}

function openRooms(state: ScreenState, world: World): readonly FoundChoice[] {
  return roomsOf(world).map(view => ({
    room: view.title,
    unread: asksToBeRead(view) ? view.unread : 0,
    mentions: view.mentions,
    lastActive: view.key === state.current ? -1 : roomScreen(state, view.key).lastActive,
    choice: { kind: 'room', view },
  }))
}

function publicRooms(world: World, { rooms = [] }: Switcher): readonly FoundChoice[] {
  return rooms
    .filter(({ room }) => !room.startsWith('@') && !world.client.rooms.has(foldRoom(room)))
    .map(summary => quiet(summary.title ?? summary.room, RANKS.public, { kind: 'public', summary }))
}

/** The others in the current room; with all choices those alone with whom no conversation is open. */
function peopleOf(state: ScreenState, world: World): readonly FoundChoice[] {
  const me = foldName(world.client.username)
  const members = [...(roomOf(world, state.current)?.members ?? [])]
  const isPeople = state.overlay?.kind === 'switcher' && state.overlay.of === 'people'
  return members
    .filter(([key]) => key !== me && (isPeople || !world.client.rooms.has(`@${key}`)))
    .map(([, member]) => quiet(`@${member.name}`, RANKS.person, { kind: 'person', member }))
    .sort((a, b) => (a.room < b.room ? -1 : 1))
}

/** The name of a room that the typed letters would make; undefined where there is one, or they are no such name. */
function newRoomName(query: string, world: World, { of, rooms }: Switcher): string | undefined {
  if (of === 'people' || query === '') return undefined
  const parsed = parseConversation(query.replace(/^#/, ''))
  if (!parsed.ok || parsed.value.kind === 'direct') return undefined
  const { key, name } = parsed.value
  const isThere = roomNamed(world.client, name) !== undefined || isListed(rooms ?? [], key)
  return isThere ? undefined : name
}

/** Rooms whose names differ from a typed one by a letter or two, and that its letters alone do not find. */
function similarTo(
  name: string,
  state: ScreenState,
  world: World,
  switcher: Switcher,
  found: readonly SwitcherMatch<FoundChoice>[],
): readonly SwitcherMatch<FoundChoice>[] {
  const known = new Set(found.map(({ room }) => room.room))
  const typed = foldRoom(name)
  return [...openRooms(state, world), ...publicRooms(world, switcher)]
    .filter(({ room }) => !known.has(room) && distance(foldRoom(room), typed) <= TYPOS)
    .map(room => ({ room, ranges: [] }))
}
