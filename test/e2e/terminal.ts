import { spawn } from '@lydell/node-pty'
import { Terminal as Emulator, type IBufferCell } from '@xterm/headless'
import { onTestFinished } from 'vitest'
import { drawAmbiguousWide, UnicodeGraphemesAddon } from '../graphemesAddon.ts'
import type { Home } from './home.ts'

const PATIENCE = 30_000
const POLL = 10

/** How large a terminal is, and what it starts with. */
export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly home: Home
  readonly cwd?: string
  /** How long the terminal takes to answer a query, ms. */
  readonly answersAfter?: number
  /** Whether it draws ambiguous characters two cells wide. */
  readonly ambiguousIsWide?: boolean
}

/** How a program ended. */
export interface Ending {
  readonly code: number
  readonly signal: number
}

/** A program in a real terminal, whose screen is emulated as xterm would draw it. Killed with the test. */
export class Terminal {
  /** Every byte that the program wrote, as text. */
  raw = ''
  readonly exited: Promise<Ending>
  readonly #pty: ReturnType<typeof spawn>
  readonly #emulator: Emulator
  #ended: Ending | undefined

  constructor(program: string, args: readonly string[], options: TerminalOptions) {
    const { columns = 80, rows = 24, home, cwd = home.path, answersAfter = 0 } = options
    this.#emulator = new Emulator({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 })
    const addon = new UnicodeGraphemesAddon()
    this.#emulator.loadAddon(addon)
    if (options.ambiguousIsWide === true) drawAmbiguousWide(addon)
    this.#pty = spawn(program, [...args], {
      name: home.env['TERM'] ?? 'xterm-256color',
      cols: columns,
      rows,
      cwd,
      env: { ...home.env },
    })
    this.#pty.onData(text => {
      this.raw += text
      this.#emulator.write(text)
    })
    // A terminal answers what it is asked, as the real ones do.
    this.#emulator.onData(answer => {
      if (answersAfter === 0) this.#write(answer)
      else setTimeout(() => this.#write(answer), answersAfter)
    })
    this.exited = new Promise(resolve => {
      this.#pty.onExit(({ exitCode, signal }) => {
        this.#ended = { code: exitCode, signal: signal ?? 0 }
        resolve(this.#ended)
      })
    })
    onTestFinished(async () => {
      this.signal('SIGKILL')
      await this.exited
      this.#emulator.dispose()
    })
  }

  get pid(): number {
    return this.#pty.pid
  }

  /** Types: keys are what a terminal sends for them. */
  type(keys: string): void {
    this.#write(keys)
  }

  /** The rows of the screen, without blanks at their ends. */
  rows(): string[] {
    const { buffer, rows } = this.#emulator
    const { viewportY } = buffer.active
    return Array.from(
      { length: rows },
      (_, row) => buffer.active.getLine(viewportY + row)?.translateToString(true) ?? '',
    )
  }

  /** The screen as one text. */
  screen(): string {
    return this.rows().join('\n')
  }

  /** The content of a cell, counted from 0; undefined beyond the screen. */
  cell(row: number, column: number): IBufferCell | undefined {
    const { buffer } = this.#emulator
    return buffer.active.getLine(buffer.active.viewportY + row)?.getCell(column)
  }

  /** The rows that go on in the next one because they were wider than the terminal. */
  brokenRows(): number[] {
    const { buffer, rows } = this.#emulator
    return Array.from({ length: rows }, (_, row) => row).filter(
      row => buffer.active.getLine(buffer.active.viewportY + row)?.isWrapped === true,
    )
  }

  /** Where the cursor is, counted from 0. */
  get cursor(): { readonly row: number; readonly column: number } {
    const { cursorX, cursorY } = this.#emulator.buffer.active
    return { row: cursorY, column: cursorX }
  }

  /** Whether the screen is the alternate one, where nothing scrolls away. */
  get isFullScreen(): boolean {
    return this.#emulator.buffer.active.type === 'alternate'
  }

  /** Waits until the screen holds a text, matches, or satisfies; gives the screen then. `patience`: ms */
  async waitFor(
    wanted: string | RegExp | ((screen: string) => boolean),
    patience: number = PATIENCE,
  ): Promise<string> {
    const holds = (screen: string): boolean => {
      if (typeof wanted === 'string') return screen.includes(wanted)
      return typeof wanted === 'function' ? wanted(screen) : wanted.test(screen)
    }
    const deadline = Date.now() + patience
    for (;;) {
      await this.#drawn()
      const screen = this.screen()
      if (holds(screen)) return screen
      if (this.#ended !== undefined || Date.now() > deadline) {
        const state = this.#ended === undefined ? 'running' : `ended ${JSON.stringify(this.#ended)}`
        throw new Error(
          `waited in vain for ${String(wanted)}; the program is ${state}; the screen:\n${screen}`,
        )
      }
      await new Promise(resolve => setTimeout(resolve, POLL))
    }
  }

  /** Waits until the screen has been the same for a while; gives it. For what must not happen. */
  async settle(quiet = 300): Promise<string> {
    for (let before = ''; ; ) {
      await new Promise(resolve => setTimeout(resolve, quiet))
      await this.#drawn()
      const screen = this.screen()
      if (screen === before) return screen
      before = screen
    }
  }

  /** Another size, as if the window was dragged. */
  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows)
    if (this.#ended === undefined) this.#pty.resize(columns, rows)
  }

  /** Sends a signal to the program itself. */
  signal(signal: NodeJS.Signals): void {
    if (this.#ended === undefined) this.#pty.kill(signal)
  }

  /** Takes the terminal away from the program, as closing its window does. */
  hangUp(): void {
    this.#pty.kill('SIGHUP')
  }

  #write(text: string): void {
    if (this.#ended === undefined) this.#pty.write(text)
  }

  #drawn(): Promise<void> {
    return new Promise(resolve => this.#emulator.write('', resolve))
  }
}

/** What terminals send for keys. */
export const KEY = {
  enter: '\r',
  altEnter: '\x1b\r',
  escape: '\x1b',
  up: '\x1b[A',
  ctrlUp: '\x1b[1;5A',
  pageUp: '\x1b[5~',
  ctrlC: '\x03',
  ctrlK: '\x0b',
  ctrlN: '\x0e',
  ctrlP: '\x10',
  ctrlS: '\x13',
  ctrlZ: '\x1a',
  f1: '\x1bOP',
} as const

/** A text as a terminal sends it when it is pasted. */
export function pasted(text: string): string {
  return `\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~`
}
