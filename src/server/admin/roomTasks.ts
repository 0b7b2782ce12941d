import { setImmediate as turn } from 'node:timers/promises'
import * as z from 'zod'
import { type ErrorCode, type Result, success } from '../../protocol/errors.ts'
import { SERVER_NAME } from '../../protocol/names.ts'
import { DEFAULT_LIMITS } from '../../protocol/serverLimits.ts'
import type { Log, RoomDirectory, Stored } from '../log/log.ts'
import type { LogMaintenance } from '../log/maintenance.ts'
import { resolveName, titleOf } from '../log/namedRooms.ts'
import { jsonLine, operatorText, printable } from './answerLines.ts'
import { type Caller, callerText } from './caller.ts'
import type { LiveServer } from './liveServer.ts'
import { noteDeed } from './noteDeed.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'

/** Rooms that are listed before the clients have their turn. */
const LISTED_TOGETHER = 50
const BEYOND = Number.MAX_SAFE_INTEGER

const room = z.string()
const isJson = z.boolean()

/** The tasks of an operator about rooms. */
export const roomTasks = [
  z.object({ task: z.literal('roomList'), isJson }),
  z.object({ task: z.literal('roomTopic'), room, topic: z.string(), isJson }),
  z.object({ task: z.literal('roomRename'), room, name: z.string(), isJson }),
  z.object({ task: z.literal('roomDelete'), room, isJson }),
] as const

/** One task about rooms. */
export type RoomTask = z.infer<(typeof roomTasks)[number]>

/** What these tasks work with. */
export interface RoomContext {
  readonly log: Log & RoomDirectory & LogMaintenance
  /** Undefined where no daemon runs. */
  readonly live: LiveServer | undefined
  readonly by: Caller
  readonly print: (line: string) => Promise<boolean>
}

type Answer = Promise<Result<undefined, TaskFailure>>
type Task<K extends RoomTask['task']> = Extract<RoomTask, { task: K }>

/** Runs one task about rooms. */
export function runRoomTask(task: RoomTask, context: RoomContext): Answer {
  switch (task.task) {
    case 'roomList':
      return listRooms(task, context)
    case 'roomTopic':
      return setTopic(task, context)
    case 'roomRename':
      return renameRoom(task, context)
    case 'roomDelete':
      return deleteRoom(task, context)
  }
}

/** Prints the rooms, those with the newest events first, and then those without any. */
async function listRooms({ isJson: json }: Task<'roomList'>, { log, live, print }: RoomContext): Answer {
  if (!json) await print(line('ROOM', 'PEOPLE', 'LAST', 'TOPIC'))
  const show = async (key: string): Promise<boolean> => {
    const head = log.head(key)
    const here = live?.room(key)
    const name = head === undefined ? (here?.name ?? key) : titleOf(head)
    const identity = head?.title === undefined ? {} : { identity: head.name }
    const shown = {
      room: name,
      ...identity,
      people: here?.people ?? 0,
      topic: head?.topic ?? '',
      last: head?.last ?? 0,
    }
    const at = await timeOf(log, key, shown.last)
    if (json) return print(jsonLine({ ...shown, ...(at === undefined ? {} : { lastAt: at }) }))
    return print(line(name, String(shown.people), at?.slice(0, 16) ?? '-', printable(shown.topic) || '-'))
  }
  for (let before = BEYOND; before > 0; await turn()) {
    const page = await log.newestRooms(undefined, before, LISTED_TOGETHER)
    for (const { key } of page) if (!(await show(key))) return success(undefined)
    before = page.at(-1)?.last ?? 0
  }
  for (const key of live?.roomsWithoutEvents() ?? []) if (!(await show(key))) break
  return success(undefined)
}

async function setTopic(
  { room: written, topic, isJson: json }: Task<'roomTopic'>,
  { log, live, by, print }: RoomContext,
): Answer {
  const fits = operatorText('a topic', topic, DEFAULT_LIMITS.topic)
  if (!fits.ok) return fits
  const found = findRoom(log, live, written)
  if (!found.ok) return found
  const { key, name } = found.value
  const entry = {
    kind: 'event',
    roomKey: key,
    roomName: name,
    from: SERVER_NAME,
    body: { action: 'topic', topic: fits.value },
  } as const
  const stored = await new Promise<Result<Stored>>(resolve => log.append(entry, resolve))
  if (!stored.ok) return taskFailed('storage', stored.error.message)
  const noted = await noteDeed(log, by, { deed: 'setTopic', detail: `room ${name}` })
  await print(json ? jsonLine({ room: name, seq: stored.value.seq }) : `${name}: topic set`)
  return noted
}

/** Gives a room another name to show. All names that it has had lead to it; where everything of it is kept does not change. */
async function renameRoom(
  { room: written, name: wanted, isJson: json }: Task<'roomRename'>,
  { log, live, by, print }: RoomContext,
): Answer {
  const found = findRoom(log, live, written)
  if (!found.ok) return found
  const { key, name: before } = found.value
  const parsed = resolveName(log, wanted)
  if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
  if (parsed.value.kind !== 'room')
    return taskFailed('invalid', `"${printable(wanted)}" is no name for a room`)
  const { name, nameKey } = parsed.value
  // A room that has members and no event is not in the log.
  if (parsed.value.key !== key && live?.room(nameKey) !== undefined)
    return taskFailed('exists', `there is a room "${name}" already; choose another name, or delete it first`)
  if (name !== before) {
    const rename = { roomKey: key, name, nameKey }
    const detail = `room ${before}, now ${name}, by ${callerText(by)}`
    const renamed = await log.renameRoom(rename, { deed: 'renameRoom', detail })
    if (!renamed.ok) return taskFailed('storage', renamed.error)
    if (renamed.value !== undefined)
      return taskFailed(FAILURES[renamed.value.code] ?? 'invalid', renamed.value.message)
  }
  const identity = log.head(key)?.name ?? key
  await print(json ? jsonLine({ room: name, before, identity }) : `${before}: it is called ${name} now`)
  if (!json && name !== before) await print(`"${before}" and its other names go on leading to it`)
  return success(undefined)
}

/** What the refusals of the log are to an operator; all others are about the new name. */
const FAILURES: Partial<Record<ErrorCode, TaskFailure['code']>> = {
  not_found: 'unknown',
  name_taken: 'exists',
}

/**
 * Deletes a room: first no look-up finds it any more, and the members are told; then what it held goes, in slices, and its name is
 * free.
 */
async function deleteRoom(
  { room: written, isJson: json }: Task<'roomDelete'>,
  { log, live, by, print }: RoomContext,
): Answer {
  const found = findRoom(log, live, written)
  if (!found.ok) return found
  const { key, name } = found.value
  const deed = { deed: 'deleteRoom', detail: `room ${name}, by ${callerText(by)}` }
  const ended = await log.endRoom(key, deed)
  if (!ended.ok) return taskFailed('storage', ended.error)
  if (!ended.value) return taskFailed('unknown', `"${name}" is being deleted already`)
  const swept = await log.sweepRoom(key)
  if (!swept.ok)
    return taskFailed(
      'storage',
      `"${name}" is gone for clients; chatd removes the rest when it can: ${swept.error}`,
    )
  const removed = swept.value
  await print(json ? jsonLine({ room: name, removed }) : `${name}: deleted, with ${removed} events`)
  if (!json) await print('backups that were made before still hold them')
  return success(undefined)
}

function findRoom(
  log: RoomDirectory,
  live: LiveServer | undefined,
  written: string,
): Result<{ readonly key: string; readonly name: string }, TaskFailure> {
  const parsed = resolveName(log, written)
  if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
  if (parsed.value.kind !== 'room')
    return taskFailed(
      'invalid',
      `"${printable(written)}" is no room; direct conversations cannot be named here`,
    )
  const { key, name } = parsed.value
  const known = log.head(key) ?? live?.room(key)
  if (known !== undefined) return success({ key, name: titleOf(known) })
  const like = log.roomLike(key, name)
  const hint = like === undefined ? '' : `; "${like}" looks like it`
  return taskFailed(
    'unknown',
    `there is no room "${name}"${hint}; chatd room list shows those that are there`,
  )
}

/** When the newest event of a room was stored. */
async function timeOf(log: Log, key: string, last: number): Promise<string | undefined> {
  if (last === 0) return undefined
  const [event] = (await log.read(key, { limit: 1, maxBytes: 1 })).events
  return event === undefined ? undefined : new Date(event.ts).toISOString()
}

function line(name: string, people: string, last: string, topic: string): string {
  return `${name.padEnd(20)} ${people.padEnd(6)} ${last.padEnd(16)} ${topic}`.trimEnd()
}
