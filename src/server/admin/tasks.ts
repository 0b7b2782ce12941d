import * as z from 'zod'
import { type Result, refuse, success } from '../../protocol/errors.ts'
import { foldName, parsePlace, parseUsername } from '../../protocol/names.ts'
import { type Log, presentEvent, type RoomDirectory } from '../log/log.ts'
import type { LogMaintenance, Retention } from '../log/maintenance.ts'

const PAGE_EVENTS = 500
const PAGE_BYTES = 1024 * 1024

/** What an operator can have done, by the running daemon or, where none runs, by the command itself. */
export const order = z.discriminatedUnion('order', [
  z.object({ order: z.literal('export'), room: z.string() }),
  z.object({ order: z.literal('erase'), name: z.string() }),
  z.object({
    order: z.literal('retain'),
    room: z.string().optional(),
    /** Absent: only shows what is kept. */
    keep: z.object({ days: z.number().min(0).optional(), messages: z.int().min(0).optional() }).optional(),
  }),
  z.object({ order: z.literal('check') }),
])

/** One order. */
export type Order = z.infer<typeof order>

/** What an order needs beside the log. */
export interface Surroundings {
  readonly log: Log & RoomDirectory & LogMaintenance
  /** Takes a line of the answer; resolves when more can be taken, false where nobody wants more. */
  readonly print: (line: string) => Promise<boolean>
  /** Sends the connections of a person (a folded name) away; before and after what they said is erased. */
  readonly sendAway: (person: string) => void
}

/** Does what was ordered. The result is a refusal where it could not be done, or what was looked at is not well. */
export function carryOut(what: Order, around: Surroundings): Promise<Result<undefined>> {
  switch (what.order) {
    case 'export':
      return exportRoom(what.room, around)
    case 'erase':
      return erase(what.name, around)
    case 'retain':
      return retain(what, around)
    case 'check':
      return check(around)
  }
}

async function exportRoom(name: string, { log, print }: Surroundings): Promise<Result<undefined>> {
  const room = findRoom(log, name)
  if (!room.ok) return room
  let after = 0
  for (;;) {
    const page = await log.read(room.value.key, { after, limit: PAGE_EVENTS, maxBytes: PAGE_BYTES })
    for (const event of page.events) {
      if (!(await print(JSON.stringify(presentEvent(event, room.value.name))))) return success(undefined)
      after = event.seq
    }
    if (!page.moreAfter) return success(undefined)
  }
}

async function erase(name: string, { log, print, sendAway }: Surroundings): Promise<Result<undefined>> {
  const parsed = parseUsername(name)
  if (!parsed.ok) return parsed
  const person = foldName(parsed.value)
  sendAway(person)
  const erased = await log.erase(person)
  sendAway(person)
  if (!erased.ok) return refuse('storage_unavailable', erased.error)
  await print(`${parsed.value}: ${erased.value.messages} messages deleted, the name taken away`)
  await print('backups that were made before still hold them')
  return success(undefined)
}

async function retain(
  { room: name, keep }: Extract<Order, { order: 'retain' }>,
  { log, print }: Surroundings,
): Promise<Result<undefined>> {
  const room = name === undefined ? success(undefined) : findRoom(log, name)
  if (!room.ok) return room
  if (keep !== undefined) {
    const { days, messages } = keep
    const set = await log.setRetention(room.value?.key, { days, messages })
    if (!set.ok) return refuse('storage_unavailable', set.error)
  }
  for (const { roomKey, retention } of await log.retentions()) {
    const shown = roomKey === undefined ? 'all other rooms' : (log.head(roomKey)?.name ?? roomKey)
    await print(`${shown}: ${sentence(retention)}`)
  }
  if ((await log.retentions()).length === 0) await print('everything is kept')
  return success(undefined)
}

async function check({ log, print }: Surroundings): Promise<Result<undefined>> {
  const { ok, lines } = await log.check()
  for (const line of lines) await print(line)
  return ok ? success(undefined) : refuse('storage_unavailable', 'not all is well; see the lines above')
}

function findRoom(log: RoomDirectory, name: string): Result<{ readonly key: string; readonly name: string }> {
  const place = parsePlace(name)
  if (!place.ok) return place
  const head = place.value.kind === 'room' ? log.head(place.value.key) : undefined
  return head === undefined
    ? refuse(
        'not_found',
        `nothing was ever said in a room "${name}"; direct conversations cannot be named here`,
      )
    : success(head)
}

function sentence({ days, messages }: Retention): string {
  const bounds = [
    ...(days === undefined ? [] : [`${days} days`]),
    ...(messages === undefined ? [] : [`${messages} messages`]),
  ]
  return bounds.length === 0 ? 'everything is kept' : `kept for ${bounds.join(' and ')}`
}
