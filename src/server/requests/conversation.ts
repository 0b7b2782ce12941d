import { type Refusal, type Result, refuse, success } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import type { NotifyLevel } from '../../protocol/notify.ts'
import type { RoomHead } from '../log/log.ts'
import { resolveName } from '../log/namedRooms.ts'
import type { Notify } from '../log/notify.ts'
import { directKey, directNames } from '../log/roomKeys.ts'
import type { Person } from '../rooms/people.ts'
import type { Peer } from '../rooms/room.ts'
import type { Client } from './client.ts'

/** A session notes the read positions and levels of so many direct conversations for each room that it may list. */
export const DIRECTS_A_ROOM = 4

/** A room or a direct conversation, as one client sees it. */
export interface Conversation {
  readonly key: string
  /** The name that the client knows it by; of a room that does not exist yet, the name as it was written. */
  readonly name: string
  /** The name that the client wrote, folded: another than the key where the room was renamed. */
  readonly nameKey: string
  readonly isDirect: boolean
  /** The client sees nothing at or before this position. */
  readonly floor: number
}

/** Resolves a `room` field. Errors: `room_invalid`, `name_invalid`, `forbidden`, `not_found`. */
export function resolve(client: Client, person: Person, room: string): Result<Conversation> {
  const { rooms, people, log } = client.services
  const parsed = resolveName(rooms, room)
  if (!parsed.ok) return parsed
  if (parsed.value.kind === 'room') {
    const { key, name, nameKey } = parsed.value
    if (!isInScope(client, key)) return outOfScope(client, person, name)
    // A client that does not understand renames goes by the name by which it joins.
    const isOwnName = nameKey === key || client.knowsRenames
    const called = client.memberships.get(key)?.name ?? (isOwnName ? rooms.find(key)?.name : undefined)
    return success({ key, nameKey, name: called ?? name, isDirect: false, floor: 0 })
  }
  const other = foldName(parsed.value.with)
  const key = directKey(person.key, other)
  if (!isInScope(client, key)) return outOfScope(client, person, `@${parsed.value.with}`)
  const isKnown = people.spelled(other) !== undefined || log.head(key) !== undefined
  if (!isKnown) return refuse('not_found', `no user called "${parsed.value.with}" was ever here`)
  const floor = floorOf(client, key)
  return success({ key, nameKey: key, name: rooms.nameFor(person, key), isDirect: true, floor })
}

/** Resolves a `room` field for requests of members; a direct conversation needs no joining. Also `not_in_room`. */
export function resolveJoined(client: Client, person: Person, room: string): Result<Conversation> {
  const found = resolve(client, person, room)
  if (!found.ok || isJoined(client, found.value)) return found
  return refuse('not_in_room', `join "${found.value.name}" before you ask about it`)
}

/** Whether a conversation is one of those that a token is for; any is where the client came in without one. */
export function isInScope({ scope }: Pick<Peer, 'scope'>, key: string): boolean {
  return scope === undefined || scope.rooms.includes(key)
}

/** Alike for a room that exists and one that does not. */
function outOfScope(client: Client, person: Person, room: string): Result<Conversation> {
  const { scope, services } = client
  const names = scope?.rooms.map(key => services.rooms.nameFor(person, key, client)).join(', ')
  return refuse('forbidden', `this token is for ${names}, not for "${room}"`)
}

/** Whether a client is in a conversation, by this connection or by its session's list of rooms. */
function isJoined(client: Client, { key, isDirect }: Conversation): boolean {
  return isDirect || client.memberships.has(key) || client.session?.reads.has(key) === true
}

/** The position up to which a client sees nothing of a conversation: of a direct one, where its session began. */
export function floorOf(client: Client, key: string): number {
  return isDirectKey(key) ? (client.session?.began ?? client.services.log.last) : 0
}

/** The keys of the rooms of a client, without direct conversations. */
export function ownRooms(client: Client): Set<string> {
  const keys = new Set<string>()
  for (const key of client.session?.reads.keys() ?? []) if (!isDirectKey(key)) keys.add(key)
  for (const key of client.memberships.keys()) if (!isDirectKey(key)) keys.add(key)
  for (const key of keys) if (!isInScope(client, key)) keys.delete(key)
  return keys
}

/** Why a session may not list, or note a read position of, another conversation; undefined where it may. */
export function refuseListing({ session, scope, services }: Client, key: string): Refusal | undefined {
  if (session === undefined || scope !== undefined || session.reads.has(key)) return undefined
  const { rooms } = services.settings.limits
  const most = isDirectKey(key) ? rooms * (1 + DIRECTS_A_ROOM) : rooms
  if (session.reads.size < most) return undefined
  return refuse('limit_reached', `your list has ${session.reads.size} rooms; leave one first`).error
}

/** Why a session may not set what calls it for one more conversation; undefined where it may. */
export function refuseSetting({ session, services }: Client): Refusal | undefined {
  const most = services.settings.limits.rooms * (1 + DIRECTS_A_ROOM)
  if (session === undefined || session.notify.size < most) return undefined
  const message = `you have set what calls you for ${most} rooms; set one of them back first, with "level":"default"`
  return refuse('limit_reached', message).error
}

/** What a session has set for a conversation, as the protocol has it. */
export function notifying(notify: Notify | undefined): {
  readonly level?: NotifyLevel
  readonly muted?: true
} {
  return {
    ...(notify?.level === undefined ? {} : { level: notify.level }),
    ...(notify?.muted === true ? { muted: true } : {}),
  }
}

/** What a room is called, as clients that understand renames are told: where it is another name than that of its frames. */
export function titleFor({ knowsRenames }: Client, head: RoomHead | undefined): { readonly title?: string } {
  return !knowsRenames || head?.title === undefined ? {} : { title: head.title }
}

/** The read position of a client; in a direct conversation that it never read, where its session began. */
export function readPosition({ session }: Client, key: string): number {
  return session?.reads.get(key) ?? (isDirectKey(key) ? (session?.began ?? 0) : 0)
}

function isDirectKey(key: string): boolean {
  return directNames(key) !== undefined
}
