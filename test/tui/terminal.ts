/** A terminal for tests: a real stream into a real emulator, read back cell by cell. */

import { PassThrough, Writable } from 'node:stream'
import { Terminal } from '@xterm/headless'
import { UnicodeGraphemesAddon } from '../graphemesAddon.ts'

/** How long `until` waits for its condition, ms. */
const PATIENCE = 5_000

/** A terminal of `columns` by `rows`: `stdin` and `stdout` for a program, and the content of the screen. */
export class TestTerminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly xterm: Terminal
  /** Every byte that was written. */
  written = ''
  readonly #keyboard = new PassThrough()
  /** Whether the program reads raw keys now. */
  isRaw = false

  constructor(columns: number, rows: number) {
    this.xterm = new Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      convertEol: true,
      scrollback: 200,
    })
    this.xterm.loadAddon(new UnicodeGraphemesAddon())
    this.xterm.unicode.activeVersion = '15-graphemes'
    const { xterm } = this
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.written += chunk.toString('utf8')
        xterm.write(chunk, done)
      },
    })
    this.stdout = Object.defineProperties(output as unknown as NodeJS.WriteStream, {
      isTTY: { value: true },
      columns: { get: () => xterm.cols },
      rows: { get: () => xterm.rows },
    })
    this.stdin = Object.assign(this.#keyboard as unknown as NodeJS.ReadStream, {
      isTTY: true,
      setRawMode: (on: boolean) => {
        this.isRaw = on
        return this.stdin
      },
      ref: () => this.stdin,
      unref: () => this.stdin,
    })
    xterm.onData(answer => this.#keyboard.write(answer))
  }

  /** Types: text, or escape sequences as a keyboard sends them. */
  type(keys: string): void {
    this.#keyboard.write(keys)
  }

  /** Pastes as a terminal does that was asked for bracketed paste. */
  paste(text: string): void {
    this.type(`\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~`)
  }

  /** Closes the keyboard: the terminal window is gone. */
  hangUp(): void {
    this.#keyboard.end()
  }

  /** Another size, and the program is told. */
  resize(columns: number, rows: number): void {
    this.xterm.resize(columns, rows)
    this.stdout.emit('resize')
  }

  /** The rows of the screen as text, without blanks at their ends. */
  rows(): string[] {
    const { active } = this.xterm.buffer
    return Array.from({ length: this.xterm.rows }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
    )
  }

  /** The screen as text. */
  screen(): string {
    return this.rows().join('\n')
  }

  /** Where the cursor is, from the top left corner. */
  get cursor(): { readonly x: number; readonly y: number } {
    const { active } = this.xterm.buffer
    return { x: active.cursorX, y: active.cursorY }
  }

  /** Whether the alternate screen is shown. */
  get isAlternate(): boolean {
    return this.xterm.buffer.active.type === 'alternate'
  }

  /** How a cell looks. */
  cell(x: number, y: number) {
    const { active } = this.xterm.buffer
    const cell = active.getLine(active.viewportY + y)?.getCell(x)
    if (cell === undefined) throw new Error(`no cell at ${x},${y}`)
    return {
      text: cell.getChars(),
      width: cell.getWidth(),
      color: cell.isFgDefault() ? undefined : cell.getFgColor(),
      hasBackground: !cell.isBgDefault(),
      isBold: cell.isBold() !== 0,
      isDim: cell.isDim() !== 0,
      isInverse: cell.isInverse() !== 0,
      isUnderlined: cell.isUnderline() !== 0,
    }
  }

  /** The cell of the first character of a text on the screen. Throws if the text is not there. */
  find(text: string): { readonly x: number; readonly y: number } {
    const { active } = this.xterm.buffer
    for (let y = 0; y < this.xterm.rows; y++) {
      const line = active.getLine(active.viewportY + y)
      let shown = ''
      const cells: number[] = []
      for (let x = 0; line !== undefined && x < this.xterm.cols; x++) {
        const cell = line.getCell(x)
        if (cell === undefined || cell.getWidth() === 0) continue
        const chars = cell.getChars() || ' '
        for (let unit = 0; unit < chars.length; unit++) cells.push(x)
        shown += chars
      }
      const at = shown.indexOf(text)
      if (at !== -1) return { x: cells[at] ?? 0, y }
    }
    throw new Error(`"${text}" is not on the screen:\n${this.screen()}`)
  }

  /** Waits until the condition holds; fails with the screen. */
  async until(condition: () => boolean, what = condition.toString()): Promise<void> {
    const end = Date.now() + PATIENCE
    while (!condition()) {
      if (Date.now() > end) throw new Error(`not seen in ${PATIENCE} ms: ${what}\n${this.screen()}`)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  /** Waits until the screen shows a text. */
  async shows(text: string): Promise<void> {
    await this.until(() => this.screen().includes(text), `"${text}"`)
  }

  /** Waits until the screen does not show a text. */
  async hides(text: string): Promise<void> {
    await this.until(() => !this.screen().includes(text), `no "${text}"`)
  }
}
