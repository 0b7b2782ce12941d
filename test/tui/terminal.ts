/** A terminal for tests: a real stream into a real emulator, read back cell by cell. */

import { PassThrough, Writable } from 'node:stream'
import { Terminal } from '@xterm/headless'
import { UnicodeGraphemesAddon } from '../graphemesAddon.ts'

/** How long `until` waits for its condition, ms. */
const PATIENCE = 5_000
/** A program that writes nothing for so long, ms, has drawn. */
const QUIET = 4

/** Cells that the emulator has beyond both edges of a terminal with a margin. */
const MARGIN = 12

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
  #columns: number
  #rows: number
  readonly #margin: number

  /** @param hasMargin whether what the program draws beyond its edges can be seen: see `beyond` */
  constructor(columns: number, rows: number, hasMargin = false) {
    this.#columns = columns
    this.#rows = rows
    this.#margin = hasMargin ? MARGIN : 0
    this.xterm = new Terminal({
      cols: columns + this.#margin,
      rows: rows + this.#margin,
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
      columns: { get: () => this.#columns },
      rows: { get: () => this.#rows },
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
    this.#columns = columns
    this.#rows = rows
    this.xterm.resize(columns + this.#margin, rows + this.#margin)
    this.stdout.emit('resize')
  }

  /** The rows of the screen as text, without blanks at their ends. */
  rows(): string[] {
    return Array.from({ length: this.#rows }, (_, y) => this.#row(y, 0, this.#columns))
  }

  /** What was drawn beyond the edges, as text: nothing, unless a row is too long, or there are too many. */
  beyond(): string {
    const right = Array.from({ length: this.#rows }, (_, y) => this.#row(y, this.#columns, this.xterm.cols))
    const below = Array.from({ length: this.#margin }, (_, y) =>
      this.#row(this.#rows + y, 0, this.xterm.cols),
    )
    return [...right, ...below].join('\n').trim()
  }

  #row(y: number, from: number, to: number): string {
    const { active } = this.xterm.buffer
    return (active.getLine(active.viewportY + y)?.translateToString(true, from, to) ?? '').trimEnd()
  }

  /** The cells of each row as text; the second half of a wide character is empty. */
  cells(): string[][] {
    const { active } = this.xterm.buffer
    const reused = active.getNullCell()
    return Array.from({ length: this.#rows }, (_, y) => {
      const line = active.getLine(active.viewportY + y)
      return Array.from({ length: this.#columns }, (_, x) => {
        const cell = line?.getCell(x, reused)
        return cell === undefined || cell.getWidth() === 0 ? '' : cell.getChars() || ' '
      })
    })
  }

  /** All that can be seen: each row, with where its looks change, and the cursor. */
  look(): string {
    const { active } = this.xterm.buffer
    const reused = active.getNullCell()
    const rows = this.rows().map((row, y) => {
      const line = active.getLine(active.viewportY + y)
      let looks = ''
      let last = ''
      for (let x = 0; x < this.#columns; x++) {
        const cell = line?.getCell(x, reused)
        if (cell === undefined) continue
        const flags = [cell.isBold(), cell.isDim(), cell.isItalic(), cell.isUnderline(), cell.isInverse()]
        const look = `${cell.getFgColor()}${flags.map(flag => (flag === 0 ? '.' : '+')).join('')}`
        if (look !== last) looks += ` ${x}:${look}`
        last = look
      }
      return `${row}\n${looks}`
    })
    return `${rows.join('\n')}\n${this.isCursorShown ? `${this.cursor.x},${this.cursor.y}` : 'no cursor'}`
  }

  /** Whether the program shows the cursor. */
  get isCursorShown(): boolean {
    return this.written.lastIndexOf('\x1b[?25h') > this.written.lastIndexOf('\x1b[?25l')
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

  /** Waits until the program has drawn what it was told. */
  async quiet(): Promise<void> {
    for (let written = -1; written < this.written.length; ) {
      written = this.written.length
      await new Promise(resolve => setTimeout(resolve, QUIET))
    }
    await new Promise<void>(resolve => this.xterm.write('', resolve))
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
