import sliceAnsi from 'slice-ansi'
import { textWidth } from '../text/width.ts'

/** A text of one row, in its place. */
type Piece = { readonly x: number; readonly width: number; readonly text: string }

type Transformer = (line: string, row: number) => string

/** Sequences of no width: colours, weights and links. */
const SEQUENCE = /\x1b\]8;[^\x07]*\x07|\x1b\[[\d;]*m/g

/**
 * What the build gives Ink in place of its `Output`, with the same methods: it puts the texts of the laid out tree into
 * the rows of the screen. Ink's own takes each text apart into cells and puts the cells together again, for every row of
 * every frame: half of the time from a key to its paint at 200x60. Our texts are whole rows of panes that end their own styles, so
 * it is enough to set them side by side, and to cut only what a box covers. Nothing of our screen is clipped.
 */
export default class InkOutput {
  readonly #rows: Piece[][]
  readonly #width: number

  constructor({ width, height }: { readonly width: number; readonly height: number }) {
    this.#width = width
    this.#rows = Array.from({ length: height }, () => [])
  }

  /** Puts a text at a place, one row for each line; it covers what is there already. */
  write(
    x: number,
    y: number,
    text: string,
    { transformers }: { readonly transformers: readonly Transformer[] },
  ): void {
    for (const [index, line] of text.split('\n').entries()) {
      const row = this.#rows[y + index]
      if (row === undefined) continue
      const shown = transformers.reduce((made, transform) => transform(made, index), line)
      cover(row, cut({ x, width: widthOf(shown), text: shown }, 0, this.#width))
    }
  }

  /** The rows, and how many there are. */
  get(): { readonly output: string; readonly height: number } {
    const output = this.#rows.map(row => joined(row, this.#width)).join('\n')
    return { output, height: this.#rows.length }
  }

  clip(): never {
    throw new Error('the screen has no box with hidden overflow')
  }

  unclip(): never {
    return this.clip()
  }
}

/** Puts a piece into a row that is sorted by place, and cuts the pieces that it covers. */
function cover(row: Piece[], piece: Piece): void {
  if (piece.width === 0) return
  const last = row.at(-1)
  if (last === undefined || last.x + last.width <= piece.x) {
    row.push(piece)
    return
  }
  const end = piece.x + piece.width
  const others = row.flatMap(other => [cut(other, other.x, piece.x), cut(other, end, other.x + other.width)])
  row.splice(0, row.length, ...[...others, piece].filter(({ width }) => width > 0).sort((a, b) => a.x - b.x))
}

/** The part of a piece between two columns of the screen; half of a wide character is a blank. */
function cut(piece: Piece, from: number, to: number): Piece {
  const start = Math.max(piece.x, from)
  const end = Math.min(piece.x + piece.width, to)
  if (start === piece.x && end === piece.x + piece.width) return piece
  if (start >= end) return { x: start, width: 0, text: '' }
  const key = `${start - piece.x} ${end - piece.x} ${piece.text}`
  const text = kept(cuts, key, () => sliced(piece.text, start - piece.x, end - piece.x))
  return { x: start, width: end - start, text }
}

function sliced(text: string, from: number, to: number): string {
  const before = ' '.repeat(from - widthOf(sliceAnsi(text, 0, from)))
  const made = before + sliceAnsi(text, from, to)
  return made + ' '.repeat(to - from - widthOf(made))
}

function joined(row: readonly Piece[], width: number): string {
  let line = ''
  let column = 0
  for (const { x, width: cells, text } of row) {
    line += ' '.repeat(x - column) + text
    column = x + cells
  }
  return column >= width ? line : line.trimEnd()
}

const widths = new Map<string, number>()
const cuts = new Map<string, string>()
/** Some screens of rows, so that memory is bounded. */
const KEPT = 2_000

const widthOf = (text: string): number => kept(widths, text, () => textWidth(text.replaceAll(SEQUENCE, '')))

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  if (map.size > KEPT) map.clear()
  const made = make()
  map.set(key, made)
  return made
}
