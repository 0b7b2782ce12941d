/** A terminal's screen as a picture (SVG). */

import type { IBufferCell, Terminal } from '@xterm/headless'

const CELL = { width: 8.4, height: 18 }
const MARGIN = 12
const BACKGROUND = '#16181d'
const TEXT = '#d8dce4'
/** The sixteen colours of a terminal with a dark background. */
const ANSI = [
  ...['#16181d', '#e06c75', '#98c379', '#d9a343', '#61afef', '#c678dd', '#56b6c2', '#d8dce4'],
  ...['#5c6370', '#ff7b86', '#b5e890', '#ffcb6b', '#82cfff', '#e5a0ff', '#7fdbe6', '#ffffff'],
]
/** Levels of the parts of colours 16 to 231. (https://en.wikipedia.org/wiki/ANSI_escape_code#8-bit) */
const LEVELS = [0, 95, 135, 175, 215, 255]

/** The picture of what a terminal shows now. @param title what screen readers say of it */
export function svgOf(terminal: Terminal, title: string): string {
  const { cols, rows, buffer } = terminal
  const width = cols * CELL.width + 2 * MARGIN
  const height = rows * CELL.height + 2 * MARGIN
  const lines: string[] = []
  for (let y = 0; y < rows; y++) {
    const line = buffer.active.getLine(buffer.active.baseY + y)
    let run: { x: number; cells: number; text: string; style: string } | undefined
    const end = (): void => {
      if (run !== undefined && run.text.trim() !== '') lines.push(textOf(run, y))
      run = undefined
    }
    for (let x = 0; x < cols; x++) {
      const cell = line?.getCell(x)
      if (cell === undefined || cell.getWidth() === 0) continue
      // The cursor is a block.
      const isCursor = x === buffer.active.cursorX && y === buffer.active.cursorY
      const isInverse = cell.isInverse() !== 0 || isCursor
      const style = styleOf(cell, isInverse)
      const isAlone = cell.getWidth() > 1 || cell.getChars() > '~'
      if (run !== undefined && (run.style !== style || isAlone)) end()
      run ??= { x, cells: 0, text: '', style }
      run.cells += cell.getWidth()
      run.text += cell.getChars() || ' '
      if (isAlone) end()
      if (isInverse) lines.push(backgroundOf(x, y, cell))
    }
    end()
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
${[...lines.filter(isBackground), ...lines.filter(line => !isBackground(line))].join('\n')}
</svg>
`
}

const isBackground = (line: string): boolean => line.startsWith('<rect')

function backgroundOf(x: number, y: number, cell: IBufferCell): string {
  const [left, top] = [MARGIN + x * CELL.width, MARGIN + y * CELL.height]
  const width = cell.getWidth() * CELL.width
  return `<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${CELL.height}" fill="${colorOf(cell)}"/>`
}

function textOf(run: { x: number; cells: number; text: string; style: string }, y: number): string {
  const x = round(MARGIN + run.x * CELL.width)
  const base = round(MARGIN + y * CELL.height + 13.5)
  const width = round(run.cells * CELL.width)
  return `<text x="${x}" y="${base}" textLength="${width}" lengthAdjust="spacingAndGlyphs"${run.style}>${escaped(run.text)}</text>`
}

function styleOf(cell: IBufferCell, isInverse: boolean): string {
  const color = isInverse ? BACKGROUND : colorOf(cell)
  return [
    ` fill="${color}"`,
    cell.isBold() ? ' font-weight="bold"' : '',
    cell.isItalic() ? ' font-style="italic"' : '',
    cell.isUnderline() ? ' text-decoration="underline"' : '',
    cell.isDim() ? ' opacity="0.55"' : '',
  ].join('')
}

function colorOf(cell: IBufferCell): string {
  const code = cell.getFgColor()
  if (cell.isFgDefault()) return TEXT
  if (code < 16) return ANSI[code] ?? TEXT
  const cube = code - 16
  const parts = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level => LEVELS[level] ?? 0)
  return `#${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`
}

const round = (value: number): number => Math.round(value * 10) / 10

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
