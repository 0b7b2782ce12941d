import { chmodSync, chownSync, lstatSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import * as z from 'zod'
import { errorReason } from '../../files/errorCode.ts'
import { type Result, success } from '../../protocol/errors.ts'
import { LineCutter } from '../../protocol/lines.ts'
import { MAX_SOCKET_PATH_BYTES } from '../address.ts'
import { controlSocket } from '../dataDirectory.ts'
import type { Logger } from '../logger.ts'
import { isAdmin, logAdmin } from './adminLine.ts'
import { type Caller, caller, thisCaller, UNKNOWN_CALLER } from './caller.ts'
import { TASK_FAILURES, type TaskFailure, taskFailed } from './taskFailure.ts'
import { runTask, type Task, type TaskContext, task } from './tasks.ts'

/** Connections that send a task or get an answer. Each can hold as much of the log as one answer's line. */
const MOST_COMMANDS = 16
/** Connections that are told so; the next are dropped without a word. */
const MOST_REFUSED = 48
/** How long a task may take to arrive, ms. A command sends it at once. */
const TASK_WITHIN = 5_000
const MAX_TASK_BYTES = 256 * 1024
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

const answer = z.union([
  z.object({ line: z.string() }),
  z.object({ done: z.literal(true) }),
  z.object({ failed: z.string(), code: z.enum(TASK_FAILURES) }),
])

/** What stands beside a task: older commands do not say it. */
const sender = z.object({ by: caller.catch(UNKNOWN_CALLER) })

/** The socket on which a running daemon takes tasks. Its own user, root, and a group that is given may open it. */
export interface Control {
  close(): void
}

/** How a {@link Control} works. */
export interface ControlOptions {
  /** The number of the group whose members may send tasks. */
  readonly group?: number | undefined
  /** How long a task may take to arrive, ms. */
  readonly taskWithin?: number
}

/**
 * Takes tasks in a data directory whose lock this process holds. Undefined, and logged, if the socket cannot be made.
 */
export async function openControl(
  directory: string,
  context: Omit<TaskContext, 'print' | 'by'>,
  logger: Logger,
  { group, taskWithin = TASK_WITHIN }: ControlOptions = {},
): Promise<Control | undefined> {
  const path = controlSocket(directory)
  const without = (reason: string): undefined =>
    void logger.warn({ reason }, 'commands such as chatd who cannot reach this daemon')
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return without(`${path} is too long for a socket`)
  const left = lstatSync(path, { throwIfNoEntry: false })
  if (left?.isSocket() === false) return without(`${path} is no socket; remove it and restart chatd`)
  // The last holder of the lock left it behind.
  rmSync(path, { force: true })
  const [served, refused] = [new Set<Socket>(), new Set<Socket>()]
  const server = createServer(socket => {
    const isServed = served.size < MOST_COMMANDS
    const sockets = isServed ? served : refused
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    // It goes also where the caller never closes its side.
    const late = setTimeout(() => socket.destroy(), taskWithin)
    socket.on('close', () => clearTimeout(late))
    if (isServed) serve(socket, context, { logger, came: () => clearTimeout(late) })
    else refuse(socket)
  })
  server.maxConnections = MOST_COMMANDS + MOST_REFUSED
  const problem = await listen(server, path)
  if (problem !== undefined) return without(problem)
  const closed = group === undefined ? undefined : openToGroup(directory, group)
  if (closed !== undefined) logger.warn({ reason: closed }, 'the control group cannot run commands')
  return {
    close() {
      server.close()
      for (const socket of [...served, ...refused]) socket.destroy()
    },
  }
}

/** Has a running daemon run a task. Undefined where no daemon takes tasks in this directory. */
export function sendTask(
  directory: string,
  what: Task,
  print: (line: string) => Promise<boolean>,
): Promise<Result<undefined, TaskFailure> | undefined> {
  return new Promise(resolve => {
    const socket = connect(controlSocket(directory))
    const lines = new LineCutter(MAX_ANSWER_BYTES)
    let isConnected = false
    /** Lines are printed in order, also after the daemon has hung up. */
    let printed = Promise.resolve()
    socket.on('connect', () => {
      isConnected = true
      socket.write(`${JSON.stringify({ ...what, by: thisCaller() })}\n`)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      const early = taskFailed('storage', 'the daemon ended before it was done; look into its log')
      void printed.then(() => resolve(isConnected ? early : undefined))
    })
    const take = async (chunk: Buffer): Promise<void> => {
      lines.push(chunk)
      for (let line = lines.next(); line !== undefined; line = lines.next()) {
        const said = line.kind === 'line' ? parseAnswer(line.bytes.toString()) : undefined
        if (said === undefined) {
          socket.destroy()
          return resolve(
            taskFailed('storage', 'the daemon answered in another way; use the chatd of its version'),
          )
        }
        if ('failed' in said) return resolve(taskFailed(said.code, said.failed))
        if ('done' in said) return resolve(success(undefined))
        if (!(await print(said.line))) {
          socket.destroy()
          return resolve(success(undefined))
        }
      }
    }
    socket.on('data', chunk => {
      // The next chunk waits until the lines of this one are printed.
      socket.pause()
      printed = printed.then(() => take(Buffer.from(chunk))).finally(() => socket.resume())
    })
  })
}

function encodeAnswer(what: z.infer<typeof answer>): string {
  return `${JSON.stringify(what)}\n`
}

function refuse(socket: Socket): void {
  // What it sends is read, or the answer could be lost with it.
  socket.resume()
  socket.end(
    encodeAnswer({
      failed: `${MOST_COMMANDS} commands run on this daemon already; end one, or try again in a moment`,
      code: 'in_use',
    }),
  )
}

/** @param came called once the task is there */
function serve(
  socket: Socket,
  context: Omit<TaskContext, 'print' | 'by'>,
  { logger, came }: { readonly logger: Logger; readonly came: () => void },
): void {
  const lines = new LineCutter(MAX_TASK_BYTES)
  const say = (what: z.infer<typeof answer>): boolean => socket.write(encodeAnswer(what))
  const print = async (line: string): Promise<boolean> => {
    if (!socket.destroyed && !say({ line })) await new Promise<void>(resolve => onceMore(socket, resolve))
    return !socket.destroyed
  }
  socket.on('data', chunk => {
    lines.push(Buffer.from(chunk))
    const line = lines.next()
    if (line === undefined) return
    came()
    socket.removeAllListeners('data')
    socket.resume()
    const sent = line.kind === 'line' ? parseTask(line.bytes.toString()) : undefined
    if (sent === undefined) {
      say({
        failed: 'this daemon does not know the task; use the chatd of the same version',
        code: 'invalid',
      })
      socket.destroySoon()
      return
    }
    const { what, by } = sent
    if (!isAdmin(what)) {
      // `chatd top` looks every second.
      const level = what.task === 'status' ? 'debug' : 'info'
      logger[level]({ task: what.task, by }, 'a look of the operator')
    }
    runTask(what, { ...context, print, by })
      .then(
        result => {
          logAdmin(logger, what, by, result.ok ? 'ok' : result.error.code)
          say(result.ok ? { done: true } : { failed: result.error.message, code: result.error.code })
        },
        (error: unknown) => {
          logger.error({ err: error }, 'a task failed by a bug')
          logAdmin(logger, what, by, 'bug')
          say({ failed: 'the daemon could not do it; look into its log', code: 'storage' })
        },
      )
      .finally(() => socket.destroySoon())
  })
}

/** Calls back once when the socket takes more, or is gone. */
function onceMore(socket: Socket, resolve: () => void): void {
  const once = (): void => {
    socket.off('drain', once)
    socket.off('close', once)
    resolve()
  }
  socket.on('drain', once)
  socket.on('close', once)
}

function parseAnswer(text: string): z.infer<typeof answer> | undefined {
  try {
    return answer.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function parseTask(text: string): { readonly what: Task; readonly by: Caller } | undefined {
  try {
    const sent: unknown = JSON.parse(text)
    const { by } = sender.parse(sent)
    return { what: task.parse(sent), by }
  } catch {
    return undefined
  }
}

function listen(server: Server, path: string): Promise<string | undefined> {
  return new Promise(resolve => {
    server.once('error', error => resolve(error.message))
    // No other user may even connect, from the first moment on.
    const before = process.umask(0o177)
    server.listen(path, () => {
      chmodSync(path, 0o600)
      resolve(undefined)
    })
    process.umask(before)
  })
}

/** Lets the members of a group connect; a sentence where they cannot. */
function openToGroup(directory: string, group: number): string | undefined {
  const path = controlSocket(directory)
  try {
    // Under systemd the group is that of the process, and a filter of system calls may not let it change owners.
    if (statSync(path).gid !== group) chownSync(path, -1, group)
    chmodSync(path, 0o660)
    const { gid, mode } = statSync(directory)
    if ((gid === group && (mode & 0o010) !== 0) || (mode & 0o001) !== 0) return undefined
    return `its members cannot reach ${path}; run: chgrp ${group} ${directory} && chmod g+x ${directory}`
  } catch (error) {
    const reason = errorReason(error)
    return `${path} cannot be given to group ${group} (${reason}); make the user of chatd a member of it`
  }
}
