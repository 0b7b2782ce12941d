import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programPath } from './programs.ts'
import { startInTerminal, type TerminalProgram } from './terminalProgram.ts'

/** The compile cache that all home directories of a bench share. */
const COMPILED = mkdtempSync(join(tmpdir(), 'chat-tui-compiled-'))
process.on('exit', () => rmSync(COMPILED, { recursive: true, force: true }))

/** Each frame begins with it: the terminal is to show what follows all at once. */
const FRAME = '\u001b[?2026h'

/** A chat-tui in a real terminal, in room `bench` of a daemon. */
export interface BenchClient extends TerminalProgram {
  /** From the start of the process to the first bytes of the first frame, ms. */
  readonly firstPaint: number
  /** From the start of the process to the wanted text, ms. */
  readonly wantedAfter: number
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
  const program = startInTerminal(programPath('chat-tui'), args, columns, rows, home)
  const { shown } = program
  const online = shown('online')
  const wanted = shown(extras.wanted ?? 'online').then(() => performance.now() - began)
  await shown(FRAME)
  const firstPaint = performance.now() - began
  await online
  const wantedAfter = await wanted
  return {
    ...program,
    firstPaint,
    wantedAfter,
    stop: async () => {
      await program.stop()
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
