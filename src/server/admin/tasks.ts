import * as z from 'zod'
import { type Result, success } from '../../protocol/errors.ts'
import { foldName, parseUsername } from '../../protocol/names.ts'
import type { ReloadReport } from '../config/configuration.ts'
import { type Log, type LoggedEvent, presentEvent, type RoomDirectory } from '../log/log.ts'
import type { LogMaintenance, Retention } from '../log/maintenance.ts'
import { resolveName, titleOf } from '../log/namedRooms.ts'
import { directKey, directNames } from '../log/roomKeys.ts'
import type { KeyPair } from '../tls/keyPair.ts'
import { type AccountContext, accountTasks, runAccountTask } from './accountTasks.ts'
import { jsonLine } from './answerLines.ts'
import type { Caller } from './caller.ts'
import type { LiveServer } from './liveServer.ts'
import { type LiveTask, liveTasks, runLiveTask } from './liveTasks.ts'
import { noteDeed } from './noteDeed.ts'
import { roomTasks, runRoomTask } from './roomTasks.ts'
import type { Status } from './status.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'

const PAGE_EVENTS = 500
/** So many of the busiest rooms are named at most. */
const MOST_ROOMS = 200
const PAGE_BYTES = 1024 * 1024

/** The tasks of an operator. The running daemon runs them or, where none runs, the command itself. */
export const task = z.discriminatedUnion('task', [
  z.object({ task: z.literal('export'), room: z.string() }),
  z.object({ task: z.literal('exportUser'), name: z.string() }),
  z.object({ task: z.literal('exportDirect'), names: z.tuple([z.string(), z.string()]) }),
  z.object({ task: z.literal('audit'), limit: z.int().min(1) }),
  ...accountTasks,
  ...liveTasks,
  ...roomTasks,
  z.object({ task: z.literal('erase'), name: z.string() }),
  z.object({
    task: z.literal('retain'),
    room: z.string().optional(),
    /** Absent: only shows what is kept. */
    keep: z.object({ days: z.number().min(0).optional(), messages: z.int().min(0).optional() }).optional(),
    acceptsClock: z.boolean().optional(),
  }),
  z.object({ task: z.literal('check') }),
  z.object({ task: z.literal('reload') }),
  z.object({ task: z.literal('status'), rooms: z.int().min(0).max(MOST_ROOMS) }),
  z.object({ task: z.literal('fingerprint'), pem: z.boolean() }),
])

/** One task. */
export type Task = z.infer<typeof task>

/** The configuration of a running daemon. */
export interface ConfigTasks {
  /** Reads it again; the error is sentences, one a line. */
  readonly reload: () => Result<ReloadReport, string>
}

/** What a task works on. */
export interface TaskContext {
  readonly log: Log & RoomDirectory & LogMaintenance
  /** Prints a line of the answer; resolves when the next may come, false where no reader is left. */
  readonly print: (line: string) => Promise<boolean>
  /** The certificate of this server; the error is a sentence. */
  readonly keyPair: () => Result<KeyPair, string>
  /** The accounts; undefined while the daemon is starting. */
  readonly accounts: () => AccountContext | undefined
  /** Undefined where no daemon runs. */
  readonly config: ConfigTasks | undefined
  /** How the daemon is; undefined where none runs. @param rooms how many of the busiest are named */
  readonly status: ((rooms: number) => Promise<Status>) | undefined
  /** The daemon; undefined while it is starting, and where none runs. */
  readonly live: () => LiveServer | undefined
  /** Who runs the task. */
  readonly by: Caller
}

/** Runs a task. */
export function runTask(what: Task, context: TaskContext): Promise<Result<undefined, TaskFailure>> {
  switch (what.task) {
    case 'export':
      return exportRoom(what.room, context)
    case 'exportDirect':
      return exportDirect(what.names, context)
    case 'erase':
      return erase(what.name, context)
    case 'retain':
      return retain(what, context)
    case 'check':
      return check(context)
    case 'reload':
      return reload(context)
    case 'fingerprint':
      return printKeyPair(what.pem, context.keyPair(), context.print)
    case 'status':
      return printStatus(what.rooms, context)
    case 'exportUser':
      return exportUser(what.name, context)
    case 'audit':
      return audit(what.limit, context)
    case 'roomList':
    case 'roomTopic':
    case 'roomRename':
    case 'roomDelete':
      return runRoomTask(what, { ...context, live: context.live() })
    case 'who':
    case 'kick':
    case 'announce':
    case 'logLevel':
    case 'drain':
      return onLiveServer(what, context)
    default: {
      const accounts = context.accounts()
      return accounts === undefined
        ? Promise.resolve(taskFailed('storage', 'the daemon is starting; try again in a moment'))
        : runAccountTask(what, accounts, context)
    }
  }
}

function onLiveServer(what: LiveTask, context: TaskContext): Promise<Result<undefined, TaskFailure>> {
  const live = context.live()
  return live === undefined
    ? Promise.resolve(taskFailed('not_running', 'the daemon is starting; try again in a moment'))
    : runLiveTask(what, { ...context, live })
}

/** Prints the fingerprint of a certificate's key, or the certificate. */
export async function printKeyPair(
  pem: boolean,
  pair: Result<KeyPair, string>,
  print: TaskContext['print'],
): Promise<Result<undefined, TaskFailure>> {
  if (!pair.ok) return taskFailed('storage', pair.error)
  const { certificate, fingerprint } = pair.value
  for (const line of pem ? certificate.trimEnd().split('\n') : [fingerprint]) await print(line)
  return success(undefined)
}

async function printStatus(
  rooms: number,
  { status, print }: TaskContext,
): Promise<Result<undefined, TaskFailure>> {
  if (status === undefined) return taskFailed('not_running', 'no daemon runs here')
  await print(JSON.stringify(await status(rooms)))
  return success(undefined)
}

async function exportRoom(
  name: string,
  { log, print, by }: TaskContext,
): Promise<Result<undefined, TaskFailure>> {
  const room = findRoom(log, name, 'direct conversations are exported with --direct NAME NAME')
  if (!room.ok) return room
  const { key, name: shown } = room.value
  // Before the first line: a reader that leaves has read.
  const noted = await noteDeed(log, by, { deed: 'export', detail: `room ${shown}` })
  await printEvents(log, key, () => shown, print)
  return noted
}

/** Prints a direct conversation. Each event names it as its author knows it: by the name of the other one. */
async function exportDirect(
  names: readonly [string, string],
  { log, print, by }: TaskContext,
): Promise<Result<undefined, TaskFailure>> {
  const people: string[] = []
  for (const name of names) {
    const parsed = parseUsername(name)
    if (!parsed.ok) return taskFailed('invalid', `${name}: ${parsed.error.message}`)
    people.push(foldName(parsed.value))
  }
  const [one = '', other = ''] = people
  const key = directKey(one, other)
  if (log.head(key) === undefined)
    return taskFailed('unknown', `${names[0]} and ${names[1]} have no direct conversation with any event`)
  const shown = (person: string): string => `@${log.spelling(person) ?? person}`
  // The events of an erased person have no name that the conversation has.
  const erased = log.spelling(one) === undefined ? one : other
  const noted: Result<undefined, TaskFailure>[] = []
  // A line for each of them, since an erasing takes the lines of a person.
  for (const target of people)
    noted.push(await noteDeed(log, by, { deed: 'exportDirect', target, detail: 'a direct conversation' }))
  await printEvents(
    log,
    key,
    ({ from }) => {
      const author = foldName(from)
      return shown((author === one || author === other ? author : erased) === one ? other : one)
    },
    print,
  )
  return noted.find(({ ok }) => !ok) ?? success(undefined)
}

async function printEvents(
  log: TaskContext['log'],
  key: string,
  roomOf: (event: LoggedEvent) => string,
  print: TaskContext['print'],
): Promise<void> {
  let after = 0
  for (;;) {
    const page = await log.read(key, { after, limit: PAGE_EVENTS, maxBytes: PAGE_BYTES })
    for (const event of page.events) {
      if (!(await print(jsonLine(presentEvent(event, roomOf(event)))))) return
      after = event.seq
    }
    if (!page.moreAfter) return
  }
}

/** Prints everything said under a name, and what is kept about its account. */
async function exportUser(
  name: string,
  { log, print, accounts, by }: TaskContext,
): Promise<Result<undefined, TaskFailure>> {
  const parsed = parseUsername(name)
  if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
  const person = foldName(parsed.value)
  const account = accounts()?.accounts.find(person)
  const isKnown = account !== undefined || log.spelling(person) !== undefined
  const noted = isKnown
    ? await noteDeed(log, by, { deed: 'exportUser', target: person, detail: 'everything kept' })
    : success(undefined)
  let printed = 0
  if (account !== undefined) {
    const { password, secrets, ...rest } = account
    const shown = secrets.map(({ hash, ...secret }) => (secret.kind === 'key' ? { ...secret, hash } : secret))
    await print(jsonLine({ ...rest, hasPassword: password !== undefined, secrets: shown }))
    printed++
  }
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await log.ownEvents(person, undefined, after, PAGE_EVENTS)
    for (const event of page.events) {
      const room = directNames(event.roomKey)?.find(one => one !== person)
      const shown = room === undefined ? shownRoom(log, event.roomKey) : `@${room}`
      if (!(await print(jsonLine(presentEvent(event, shown))))) return noted
      printed++
    }
    after = page.next
  }
  return printed > 0
    ? noted
    : taskFailed('unknown', `no user called "${parsed.value}" ever said anything here`)
}

/** Prints what operators and owners did to accounts, the newest first. */
async function audit(limit: number, { log, print }: TaskContext): Promise<Result<undefined, TaskFailure>> {
  for (const { ts, by, deed, target, detail } of await log.audit(undefined, limit)) {
    const words = [new Date(ts).toISOString(), by ?? 'operator', deed, target ?? '-', detail]
    await print(words.join('  ').trimEnd())
  }
  return success(undefined)
}

async function erase(name: string, { log, print, by }: TaskContext): Promise<Result<undefined, TaskFailure>> {
  const parsed = parseUsername(name)
  if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
  const person = foldName(parsed.value)
  const erased = await log.erase(person)
  if (!erased.ok) return taskFailed('storage', erased.error)
  if (erased.value === undefined)
    return taskFailed('unknown', `no user called "${parsed.value}" was ever here; nothing was erased`)
  const { messages } = erased.value
  // Without the name, which is gone.
  const noted = await noteDeed(log, by, { deed: 'erase', detail: `${messages} messages of one user` })
  await print(`${parsed.value}: ${messages} messages deleted, the name taken away`)
  await print('backups that were made before still hold them')
  return noted
}

async function retain(
  { room: name, keep, acceptsClock }: Extract<Task, { task: 'retain' }>,
  { log, print, by }: TaskContext,
): Promise<Result<undefined, TaskFailure>> {
  const room = name === undefined ? success(undefined) : findRoom(log, name)
  if (!room.ok) return room
  const noted: Result<undefined, TaskFailure>[] = []
  if (keep !== undefined) {
    const { days, messages } = keep
    const set = await log.setRetention(room.value?.key, { days, messages })
    if (!set.ok) return taskFailed('storage', set.error)
    const of = room.value === undefined ? 'all other rooms' : `room ${room.value.name}`
    noted.push(await noteDeed(log, by, { deed: 'retain', detail: `${of}: ${sentence(keep)}` }))
  }
  if (acceptsClock === true) {
    const accepted = await log.acceptClock()
    if (!accepted.ok) return taskFailed('storage', accepted.error)
    noted.push(await noteDeed(log, by, { deed: 'acceptClock', detail: new Date().toISOString() }))
  }
  for (const { roomKey, retention } of await log.retentions()) {
    const shown = roomKey === undefined ? 'all other rooms' : shownRoom(log, roomKey)
    await print(`${shown}: ${sentence(retention)}`)
  }
  if ((await log.retentions()).length === 0) await print('everything is kept')
  return noted.find(({ ok }) => !ok) ?? success(undefined)
}

async function reload({ config, log, print, by }: TaskContext): Promise<Result<undefined, TaskFailure>> {
  if (config === undefined)
    return taskFailed('not_running', 'no daemon runs here; a start reads the configuration')
  const reloaded = config.reload()
  if (!reloaded.ok) return taskFailed('invalid', `${reloaded.error}\nnothing is changed`)
  const { applied, waiting } = reloaded.value
  for (const { key, from, to } of applied) await print(`${key}: ${to} now, ${from} before`)
  for (const { key, to } of waiting) await print(`${key}: ${to} after a restart`)
  const keys = [...applied, ...waiting].map(({ key }) => key).join(' ')
  if (keys === '') await print('nothing in the configuration has changed')
  return keys === '' ? success(undefined) : noteDeed(log, by, { deed: 'reload', detail: keys })
}

async function check({ log, print }: TaskContext): Promise<Result<undefined, TaskFailure>> {
  const { ok, lines } = await log.check()
  for (const line of lines) await print(line)
  return ok ? success(undefined) : taskFailed('unhealthy', 'the check found faults; see the lines above')
}

function shownRoom(directory: RoomDirectory, key: string): string {
  const head = directory.head(key)
  return head === undefined ? key : titleOf(head)
}

function findRoom(
  directory: RoomDirectory,
  name: string,
  hint = 'direct conversations cannot be named here',
): Result<{ readonly key: string; readonly name: string }, TaskFailure> {
  const parsed = resolveName(directory, name)
  if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
  const head = parsed.value.kind === 'room' ? directory.head(parsed.value.key) : undefined
  return head === undefined
    ? taskFailed('unknown', `no room "${name}" has any event; ${hint}`)
    : success({ key: head.key, name: titleOf(head) })
}

function sentence({ days, messages }: Retention): string {
  const bounds = [
    ...(days === undefined ? [] : [`${days} days`]),
    ...(messages === undefined ? [] : [`${messages} messages`]),
  ]
  return bounds.length === 0 ? 'everything is kept' : `kept for ${bounds.join(' and ')}`
}
