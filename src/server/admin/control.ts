import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import * as z from 'zod'
import { type Result, refuse, success } from '../../protocol/errors.ts'
import { LineCutter } from '../../protocol/lines.ts'
import type { Logger } from '../logger.ts'
import { carryOut, type Order, order, type Surroundings } from './tasks.ts'

/** Addresses of unix sockets have 108 bytes in the kernel, the end included. */
const MAX_PATH_BYTES = 107
const MAX_ORDER_BYTES = 8 * 1024
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

const answer = z.union([
  z.object({ line: z.string() }),
  z.object({ done: z.literal(true) }),
  z.object({ failed: z.string() }),
])

/** Where the daemon of a data directory takes orders. */
function controlPath(directory: string): string {
  return join(directory, 'control')
}

/** The socket on which a running daemon takes orders from whoever may open it: its own user. */
export interface Control {
  close(): void
}

/** Takes orders in a data directory whose lock we hold; undefined where no socket can be there, which is logged. */
export async function openControl(
  directory: string,
  around: Omit<Surroundings, 'print'>,
  logger: Logger,
): Promise<Control | undefined> {
  const path = controlPath(directory)
  const without = (reason: string): undefined =>
    void logger.warn({ reason }, 'commands such as chatd backup cannot reach this daemon')
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return without(`${path} is too long for a socket`)
  // Whose lock we hold left it behind.
  rmSync(path, { force: true })
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    serve(socket, around, logger)
  })
  const problem = await listen(server, path)
  if (problem !== undefined) return without(problem)
  return {
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Has a running daemon carry an order out. Undefined where none takes orders in this directory. */
export function sendOrder(
  directory: string,
  what: Order,
  print: (line: string) => Promise<boolean>,
): Promise<Result<undefined> | undefined> {
  return new Promise(resolve => {
    const socket = connect(controlPath(directory))
    const lines = new LineCutter(MAX_ANSWER_BYTES)
    let isConnected = false
    /** What has come is printed in order, also when the daemon has hung up already. */
    let printed = Promise.resolve()
    socket.on('connect', () => {
      isConnected = true
      socket.write(`${JSON.stringify(what)}\n`)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      const early = refuse('storage_unavailable', 'the daemon ended before it was done; look into its log')
      void printed.then(() => resolve(isConnected ? early : undefined))
    })
    const take = async (chunk: Buffer): Promise<void> => {
      lines.push(chunk)
      for (let line = lines.next(); line !== undefined; line = lines.next()) {
        const said = line.kind === 'line' ? answer.parse(JSON.parse(line.bytes.toString())) : undefined
        if (said === undefined)
          return resolve(refuse('storage_unavailable', 'a line of the answer is too long'))
        if ('failed' in said) return resolve(refuse('storage_unavailable', said.failed))
        if ('done' in said) return resolve(success(undefined))
        if (!(await print(said.line))) {
          socket.destroy()
          return resolve(success(undefined))
        }
      }
    }
    socket.on('data', chunk => {
      // The next chunk waits until what this one brought is printed.
      socket.pause()
      printed = printed.then(() => take(Buffer.from(chunk))).finally(() => socket.resume())
    })
  })
}

function serve(socket: Socket, around: Omit<Surroundings, 'print'>, logger: Logger): void {
  const lines = new LineCutter(MAX_ORDER_BYTES)
  const say = (what: z.infer<typeof answer>): boolean => socket.write(`${JSON.stringify(what)}\n`)
  const print = async (line: string): Promise<boolean> => {
    if (!socket.destroyed && !say({ line })) await new Promise<void>(resolve => onceMore(socket, resolve))
    return !socket.destroyed
  }
  socket.on('data', chunk => {
    lines.push(Buffer.from(chunk))
    const line = lines.next()
    if (line === undefined) return
    socket.removeAllListeners('data')
    socket.resume()
    const what = line.kind === 'line' ? parseOrder(line.bytes.toString()) : undefined
    if (what === undefined) {
      say({ failed: 'this daemon does not know the order; use the chatd of the same version' })
      socket.end()
      return
    }
    logger.info({ order: what.order }, 'an order of the operator')
    carryOut(what, { ...around, print })
      .then(
        result => say(result.ok ? { done: true } : { failed: result.error.message }),
        (error: unknown) => {
          logger.error({ error }, 'an order failed by a bug')
          say({ failed: 'the daemon could not do it; look into its log' })
        },
      )
      .finally(() => socket.end())
  })
}

/** Calls back once the socket takes more, or is gone. */
function onceMore(socket: Socket, resolve: () => void): void {
  const once = (): void => {
    socket.off('drain', once)
    socket.off('close', once)
    resolve()
  }
  socket.on('drain', once)
  socket.on('close', once)
}

function parseOrder(text: string): Order | undefined {
  try {
    return order.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function listen(server: Server, path: string): Promise<string | undefined> {
  return new Promise(resolve => {
    server.once('error', error => resolve(error.message))
    // Nobody else may even connect, from the first moment on.
    const before = process.umask(0o177)
    server.listen(path, () => {
      chmodSync(path, 0o600)
      resolve(undefined)
    })
    process.umask(before)
  })
}
