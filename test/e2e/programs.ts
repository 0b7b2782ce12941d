import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { Home } from './home.ts'
import { Terminal, type TerminalOptions } from './terminal.ts'

/** The daemon's program. */
export const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname
/** The client as users start it. */
export const CHAT_TUI = new URL('../../bin/chat-tui.cjs', import.meta.url).pathname

/** A daemon of its own; killed with the test. Starting it again keeps its port. */
export class Chatd {
  readonly port: number
  /** What it has logged, since its first start. */
  log = ''
  readonly #home: Home
  readonly #listen: readonly string[] | undefined
  #child: ChildProcess

  private constructor(home: Home, child: ChildProcess, port: number, listen: readonly string[] | undefined) {
    this.#home = home
    this.#listen = listen
    this.#child = child
    this.port = port
  }

  /** Starts one on a free port. Resolves when it accepts connections. */
  static async start(home: Home = new Home(), listen?: readonly string[]): Promise<Chatd> {
    const [child, port, log] = await startChild(home, 0, listen)
    const chatd = new Chatd(home, child, port, listen)
    chatd.#follow(log)
    return chatd
  }

  /** Starts it again where it was. */
  async startAgain(): Promise<void> {
    const listen = this.#listen?.map(flag => flag.replace(/:0$/, `:${this.port}`))
    const [child, , log] = await startChild(this.#home, this.port, listen)
    this.#child = child
    this.#follow(log)
  }

  #follow(log: string): void {
    this.log += log
    this.#child.stderr?.on('data', (text: string) => {
      this.log += text
    })
  }

  /** Removes what it has stored; for one that has ended. */
  loseData(): void {
    rmSync(this.#home.join('data'), { recursive: true })
  }

  /** Sends it a signal that does not end it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void {
    this.#child.kill(signal)
  }

  /** Ends it, as hard as the signal says; resolves with its exit code. */
  end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const ended = new Promise<number | null>(resolve => this.#child.once('exit', resolve))
    this.#child.kill(signal)
    return ended
  }
}

async function startChild(
  home: Home,
  port: number,
  listen: readonly string[] = ['--listen', `127.0.0.1:${port}`, '--no-limits'],
): Promise<[ChildProcess, number, string]> {
  const child = spawn(process.execPath, [CHATD, ...listen, '--data', home.join('data')], {
    env: home.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let log = ''
  const listening = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`chatd ended: ${log}`)))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text
      const found = /"port":(\d+)/.exec(log)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
  })
  child.stderr?.removeAllListeners('data')
  return [child, listening, log]
}

/** How a program ended that ran to its end, and what it wrote. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs chatd, or a command of it, to its end. */
export function runChatd(home: Home, ...args: readonly string[]): Promise<Ran> {
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      [CHATD, ...args],
      { env: home.env, cwd: home.path },
      (_, out, err) => resolve({ code: child.exitCode, out, err }),
    )
  })
}

/** The client in a terminal, of a home of its own unless given. */
export function chatTui(args: readonly string[], options: Partial<TerminalOptions> = {}): Terminal {
  const { home = new Home(), ...more } = options
  return new Terminal(process.execPath, [CHAT_TUI, ...args], { home, ...more })
}

/** A client in a room of a daemon, in a terminal. Resolves when its screen shows the room, and that it is online. */
export async function joined(
  { port }: { readonly port: number },
  user: string,
  room: string,
  options: Partial<TerminalOptions> = {},
  online = '● online',
): Promise<Terminal> {
  const terminal = chatTui(
    ['--host', '127.0.0.1', '--port', String(port), '--user', user, '--room', room],
    options,
  )
  await terminal.waitFor(online)
  return terminal
}

/** The client without a terminal: what goes in and comes out. Killed with the test. */
export class Pipe {
  readonly child: ChildProcess
  out = ''
  err = ''
  /** Its exit code, or the signal that ended it, when everything it wrote was read. */
  readonly ended: Promise<number | NodeJS.Signals | null>

  /** @param prefix runs it elsewhere, as `ip netns exec` does */
  constructor(args: readonly string[], home: Home = new Home(), prefix: readonly string[] = []) {
    const [program = '', ...rest] = [...prefix, process.execPath, CHAT_TUI, ...args]
    this.child = spawn(program, rest, { env: home.env, stdio: 'pipe' })
    this.child.stdin?.on('error', () => undefined)
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text
    })
    this.ended = new Promise(resolve => this.child.once('close', (code, signal) => resolve(code ?? signal)))
    onTestFinished(() => {
      this.child.kill('SIGKILL')
    })
  }

  /** Puts lines in. */
  write(text: string | Buffer): void {
    this.child.stdin?.write(text)
  }

  /** Puts the last lines in and ends the input; resolves with how the program ended. */
  end(text: string | Buffer = ''): Promise<number | NodeJS.Signals | null> {
    this.child.stdin?.end(text)
    return this.ended
  }
}

/** Whether a screen shows a message of ours that the server has stored. */
export function stored(text: string): (screen: string) => boolean {
  return screen =>
    screen
      .split('\n')
      .some(
        row => row.includes(text) && !row.includes('›') && !/(… (sending|waiting|saving)| ✗ .*) *$/.test(row),
      )
}

/**
 * A screen without what differs from run to run: times as `--:--`, the day as `today`; no blanks at the ends of rows.
 * A second message of ours shows its time again where a minute began between them: that is left out.
 */
export function masked(screen: string): string {
  return screen
    .replace(/\b\d\d:\d\d\b/g, '--:--')
    .replace(/(^|│)( +)--:--(?=[▐✗ ])/gm, '$1$2     ')
    .replace(/─ [A-Z][a-z]{2} \d+ [A-Z][a-z]{2} ─/g, '─ today ─')
    .replace(/─+ (the beginning of \S+) · [A-Z][a-z]{2} \d+ [A-Z][a-z]{2} ─+/g, '── $1 · today ──')
    .replace(/─+ [A-Z][a-z]+day \d+ [A-Z][a-z]+ \d{4} ─+/g, '──── today ────')
    .replace(/ +$/gm, '')
}
