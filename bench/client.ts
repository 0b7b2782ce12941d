import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IPty, spawn } from '@lydell/node-pty'
import { programPath } from './programs.ts'

/** The compile cache that all home directories of a bench share. */
const COMPILED = mkdtempSync(join(tmpdir(), 'chat-tui-compiled-'))
process.on('exit', () => rmSync(COMPILED, { recursive: true, force: true }))

/** A chat-tui in a real terminal, in room `bench` of a daemon. */
export interface BenchClient {
  readonly pid: number
  /** From the start of the process to the first bytes that draw the room list, ms. */
  readonly firstPaint: number
  /** From the start of the process to the wanted text, ms. */
  readonly wantedAfter: number
  /** Bytes written to the terminal so far. */
  readonly bytes: () => number
  /** Types one character; resolves with the time until the program painted it, ms. */
  key(character: string): Promise<number>
  /** Resolves when the program has written this text to the terminal. */
  shown(text: string): Promise<void>
  stop(): Promise<void>
}

/** Optional settings of a client. */
export interface ClientExtras {
  /** A home directory that stays after `stop`; by default a temporary one. */
  readonly home?: string
  /** Rooms beside `bench`. */
  readonly rooms?: readonly string[]
  /** A text that the client waits for from the beginning. */
  readonly wanted?: string
}

/** Starts the built chat-tui in a pty of this size and waits until it is in the room. */
export async function startClient(
  port: number,
  columns: number,
  rows: number,
  extras: ClientExtras = {},
): Promise<BenchClient> {
  const home = extras.home ?? mkdtempSync(join(tmpdir(), 'chat-tui-bench-'))
  keepCompiled(home)
  const { PATH = '' } = process.env
  const began = performance.now()
  const args = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--user',
    'bencher',
    '--room',
    'bench',
    ...(extras.rooms ?? []).flatMap(room => ['--room', room]),
  ]
  const pty: IPty = spawn(programPath('chat-tui'), args, {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: home,
    env: { PATH, HOME: home, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  })
  let bytes = 0
  const watchers = new Set<(text: string) => void>()
  pty.onData(text => {
    bytes += Buffer.byteLength(text)
    for (const watcher of watchers) watcher(text)
  })
  const shown = (wanted: string): Promise<void> =>
    new Promise(resolve => {
      const watcher = (text: string): void => {
        if (!text.includes(wanted)) return
        watchers.delete(watcher)
        resolve()
      }
      watchers.add(watcher)
    })
  const online = shown('online')
  const wanted = shown(extras.wanted ?? 'online').then(() => performance.now() - began)
  await shown('bench')
  const firstPaint = performance.now() - began
  await online
  const wantedAfter = await wanted
  return {
    pid: pty.pid,
    firstPaint,
    wantedAfter,
    bytes: () => bytes,
    shown,
    key: async character => {
      const typed = performance.now()
      const painted = shown(character)
      pty.write(character)
      await painted
      return performance.now() - typed
    },
    stop: async () => {
      const gone = new Promise(resolve => pty.onExit(resolve))
      pty.kill('SIGTERM')
      await gone
      if (extras.home === undefined) rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Links the compile cache of earlier starts into a new home directory, as if the client had been used there. */
function keepCompiled(home: string): void {
  const directory = join(home, '.cache', 'chat-tui')
  if (existsSync(directory)) return
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  symlinkSync(COMPILED, join(directory, 'compiled'))
}

/** Another member of the room, which sends without waiting for answers. */
export class Speaker {
  readonly #socket: Socket
  #said = 0

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.write('{"action":"connect","username":"speaker"}\n{"action":"joinroom","room":"bench"}\n')
  }

  /** Sends so many messages at once. */
  say(count: number): void {
    let lines = ''
    for (let i = 0; i < count; i++) {
      lines += `{"action":"chat","room":"bench","message":"message ${++this.#said} of a flood that goes on and on"}\n`
    }
    this.#socket.write(lines)
  }

  /** Sends one message. */
  sayText(text: string): void {
    this.#socket.write(`${JSON.stringify({ action: 'chat', room: 'bench', message: text })}\n`)
  }

  /** Sends so many messages a second, in portions, until the returned function is called. */
  flood(perSecond: number): () => void {
    const timer = setInterval(() => this.say(perSecond / 100), 10)
    return () => clearInterval(timer)
  }

  end(): void {
    this.#socket.destroy()
  }
}
