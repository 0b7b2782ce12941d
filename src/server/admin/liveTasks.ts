import { setImmediate as turn } from 'node:timers/promises'
import * as z from 'zod'
import { type Result, success } from '../../protocol/errors.ts'
import { foldName, parseUsername } from '../../protocol/names.ts'
import { isBlank } from '../../protocol/texts.ts'
import type { LogMaintenance } from '../log/maintenance.ts'
import { resolveName } from '../log/namedRooms.ts'
import { LOG_LEVELS } from '../settings.ts'
import { jsonLine, operatorText } from './answerLines.ts'
import type { Caller } from './caller.ts'
import type { LiveConnection, LiveServer } from './liveServer.ts'
import { noteDeed } from './noteDeed.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'
import { connectionLine, connectionName, connectionObject, connectionsText, WHO_HEADING } from './whoLines.ts'

/** Connections that are printed before the clients have their turn; some ms. */
const PRINTED_TOGETHER = 64
/** Longer announcements are cut on the screens of clients. */
const MAX_ANNOUNCEMENT = 1_024
const MAX_REASON = 256
/** A drain takes at most this long, seconds. */
export const MAX_DRAIN_SECONDS = 3_600

const isJson = z.boolean()

/** The tasks of an operator that need a running daemon. */
export const liveTasks = [
  z.object({ task: z.literal('who'), room: z.string().optional(), name: z.string().optional(), isJson }),
  z.object({
    task: z.literal('kick'),
    /** A name, or `c` and the number of a connection, with `@` and the daemon where that is another one. */
    whom: z.string(),
    /** It is a name, also where it looks like the number of a connection. */
    isName: z.boolean(),
    reason: z.string().optional(),
    isJson,
  }),
  z.object({ task: z.literal('announce'), text: z.string(), room: z.string().optional(), isJson }),
  z.object({ task: z.literal('logLevel'), level: z.enum(LOG_LEVELS).optional(), isJson }),
  z.object({
    task: z.literal('drain'),
    /** Seconds; undefined: takes connections again. */
    within: z.number().min(0).max(MAX_DRAIN_SECONDS).optional(),
    isJson,
  }),
] as const

/** One task that needs a running daemon. */
export type LiveTask = z.infer<(typeof liveTasks)[number]>

/** Whether a task needs a running daemon. */
export function isLiveTask(task: { readonly task: string }): boolean {
  return task.task === 'reload' || liveTasks.some(({ shape }) => shape.task.value === task.task)
}

/** What these tasks work with. */
export interface LiveContext {
  readonly live: LiveServer
  readonly log: Pick<LogMaintenance, 'noteDeed'>
  readonly by: Caller
  readonly print: (line: string) => Promise<boolean>
}

type Answer = Promise<Result<undefined, TaskFailure>>
type Task<K extends LiveTask['task']> = Extract<LiveTask, { task: K }>

/** Runs one task that needs a running daemon. */
export function runLiveTask(task: LiveTask, context: LiveContext): Answer {
  switch (task.task) {
    case 'who':
      return who(task, context)
    case 'kick':
      return kick(task, context)
    case 'announce':
      return announce(task, context)
    case 'logLevel':
      return logLevel(task, context)
    case 'drain':
      return task.within === undefined ? cancelDrain(task, context) : drain(task.within, task.isJson, context)
  }
}

async function who({ room, name, isJson: json }: Task<'who'>, { live, print }: LiveContext): Answer {
  const wanted = filter(live, room, name)
  if (!wanted.ok) return wanted
  if (!json) await print(WHO_HEADING)
  let looked = 0
  for (const connection of [...live.connections(), ...live.elsewhere()]) {
    if (++looked % PRINTED_TOGETHER === 0) await turn()
    if (!wanted.value.has(connection)) continue
    const facts = connection.facts()
    if (!(await print(json ? jsonLine(connectionObject(facts)) : connectionLine(facts)))) break
  }
  return success(undefined)
}

async function kick(task: Task<'kick'>, { live, log, by, print }: LiveContext): Answer {
  const reason = operatorText('a reason', task.reason ?? '', MAX_REASON)
  if (!reason.ok) return reason
  const found = whom(live, task)
  if (!found.ok) return found
  const { connections, name } = found.value
  const message =
    reason.value === ''
      ? 'the operator ended this connection'
      : `the operator ended this connection: ${reason.value}`
  const ended = connections.map(connection => connection.facts())
  for (const connection of connections) connection.kick(message)
  const noted = await noteDeed(log, by, {
    deed: 'kick',
    target: name === undefined ? undefined : foldName(name),
    detail: `${ended.map(connectionName).join(' ')} ${reason.value}`.trim(),
  })
  for (const facts of ended) {
    const { number, daemon, name: called, address } = facts
    const line = {
      connection: `c${number}`,
      ...(daemon === undefined ? {} : { daemon }),
      ...(called === undefined ? {} : { name: called }),
      address,
    }
    const text = `${connectionName(facts)}: ended, ${called ?? 'without a name'}, ${address}`
    await print(task.isJson ? jsonLine(line) : text)
  }
  return noted
}

async function announce(
  { text, room, isJson: json }: Task<'announce'>,
  { live, log, by, print }: LiveContext,
): Answer {
  if (isBlank(text)) return taskFailed('invalid', 'an announcement shows nothing; write something in it')
  const fits = operatorText('an announcement', text, MAX_ANNOUNCEMENT)
  if (!fits.ok) return fits
  const wanted = filter(live, room, undefined)
  if (!wanted.ok) return wanted
  const { shown, has, key } = wanted.value
  const message = shown === undefined ? fits.value : `#${shown}: ${fits.value}`
  const { told, plain } = live.announce(message, has, key)
  const noted = await noteDeed(log, by, { deed: 'announce', detail: `told ${told}` })
  const where = shown === undefined ? '' : ` in ${shown}`
  const untold = plain === 0 ? '' : `; ${connectionsText(plain)} of plain clients cannot be told`
  await print(json ? jsonLine({ told, plain }) : `told ${connectionsText(told)}${where}${untold}`)
  return noted
}

async function logLevel(
  { level, isJson: json }: Task<'logLevel'>,
  { live, log, by, print }: LiveContext,
): Answer {
  const before = live.logLevel
  if (level === undefined) {
    await print(json ? jsonLine({ level: before }) : before)
    return success(undefined)
  }
  live.logLevel = level
  const noted = await noteDeed(log, by, { deed: 'logLevel', detail: level })
  const until = 'until the daemon ends'
  await print(json ? jsonLine({ level, before }) : `${level} (it was ${before}), ${until}`)
  return noted
}

async function drain(within: number, json: boolean, { live, log, by, print }: LiveContext): Answer {
  const { connections, done } = live.drain(within * 1_000)
  const noting = noteDeed(log, by, {
    deed: 'drain',
    detail: `${connectionsText(connections)} within ${within} s`,
  })
  await print(
    json
      ? jsonLine({ connections, within })
      : `takes no more connections; sends ${connectionsText(connections)} away within ${within} s`,
  )
  const isEmpty = await done
  const noted = await noting
  if (!isEmpty) return taskFailed('unhealthy', 'the drain was cancelled, or begun once more')
  await print(
    json
      ? jsonLine({ connections: 0 })
      : 'no connection is left; chatd runs on until it is stopped, or takes connections again with chatd drain --cancel',
  )
  return noted
}

async function cancelDrain({ isJson: json }: Task<'drain'>, { live, log, by, print }: LiveContext): Answer {
  const problem = await live.cancelDrain()
  if (problem !== undefined) return taskFailed('invalid', problem)
  const noted = await noteDeed(log, by, { deed: 'drain', detail: 'cancelled' })
  await print(json ? jsonLine({ cancelled: true }) : 'takes connections again')
  return noted
}

/** Which connections are meant: those of a room, whose name is `shown`, those of a person, or all. */
interface Wanted {
  readonly has: (connection: LiveConnection) => boolean
  readonly shown?: string
  /** Of the room. */
  readonly key?: string
}

/** Reads what the operator named. */
function filter(
  live: LiveServer,
  room: string | undefined,
  name: string | undefined,
): Result<Wanted, TaskFailure> {
  if (room !== undefined) {
    const parsed = resolveName(live, room)
    if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
    if (parsed.value.kind !== 'room') return taskFailed('invalid', `"${room}" is no room`)
    const { key } = parsed.value
    const found = live.room(key)
    if (found === undefined)
      return taskFailed('unknown', `there is no room "${room}"; chatd room list shows those that are there`)
    return success({ has: connection => connection.isIn(key), shown: found.name, key })
  }
  if (name === undefined) return success({ has: () => true })
  const parsed = parseUsername(name)
  if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
  const person = foldName(parsed.value)
  return success({ has: connection => connection.person === person })
}

function whom(
  live: LiveServer,
  { whom: written, isName }: Task<'kick'>,
): Result<
  { readonly connections: readonly LiveConnection[]; readonly name: string | undefined },
  TaskFailure
> {
  const all = [...live.connections(), ...live.elsewhere()]
  if (!isName && /^c\d{1,15}(@\S+)?$/.test(written)) {
    const connection = all.find(one => connectionName(one.facts()) === written)
    if (connection !== undefined) return success({ connections: [connection], name: connection.facts().name })
    return taskFailed(
      'unknown',
      `there is no connection ${written}; chatd who shows them. For the name ${written} add --name`,
    )
  }
  const wanted = filter(live, undefined, written)
  if (!wanted.ok) return wanted
  const connections = all.filter(wanted.value.has)
  if (connections.length > 0) return success({ connections, name: written })
  const like = live.nameLike(written)
  const hint = like === undefined ? '' : `; "${like}", who is, looks like it`
  return taskFailed('unknown', `"${written}" is not connected${hint}`)
}
