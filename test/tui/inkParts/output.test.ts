import { Terminal } from '@xterm/headless'
import fc from 'fast-check'
import { expect, test } from 'vitest'
// Ink does not export it: the build replaces this file.
import InksOutput from '../../../node_modules/ink/build/output.js'
import InkOutput from '../../../src/tui/inkParts/output.ts'
import { UnicodeGraphemesAddon } from '../../graphemesAddon.ts'

const WIDTH = 24
const HEIGHT = 5

/** Ink's class, or ours. */
type Maker = new (size: { width: number; height: number }) => Pick<InkOutput, 'write' | 'get'>

type Write = { readonly x: number; readonly y: number; readonly text: string }

const cluster = fc.constantFrom('a', 'Z', ' ', '│', 'é', '日', '한', '🎉', 'e\u0301')
const stretch = fc
  .tuple(
    fc.array(cluster, { minLength: 1, maxLength: 8 }).map(clusters => clusters.join('')),
    fc.constantFrom('', '\x1b[1m', '\x1b[31m', '\x1b[7m', '\x1b]8;;https://example.org/\x07'),
  )
  .map(([text, before]) => {
    if (before === '') return text
    return before + text + (before.startsWith('\x1b]') ? '\x1b]8;;\x07' : '\x1b[0m')
  })
const write: fc.Arbitrary<Write> = fc.record({
  x: fc.integer({ min: -3, max: WIDTH + 2 }),
  y: fc.integer({ min: -1, max: HEIGHT }),
  text: fc.array(stretch, { minLength: 1, maxLength: 3 }).map(parts => parts.join('')),
})

test('each cell is what Ink itself would show, whatever covers it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 8 }), async writes => {
      expect(await cells(InkOutput, writes)).toEqual(await cells(InksOutput, writes))
    }),
    { numRuns: 300 },
  )
})

test('a text of several lines takes a row for each', () => {
  const output = new InkOutput({ width: 10, height: 3 })
  output.write(2, 1, 'one\ntwo\nthree', { transformers: [line => line.toUpperCase()] })
  expect(output.get()).toEqual({ output: '\n  ONE\n  TWO', height: 3 })
})

/** The characters of the screen, and how those that are not blank look. */
async function cells(Output: Maker, writes: readonly Write[]): Promise<string[][]> {
  const output = new Output({ width: WIDTH, height: HEIGHT })
  for (const { x, y, text } of writes) output.write(x, y, text, { transformers: [] })
  // Wide enough that no row wraps: Ink shows what stands out at the right.
  const xterm = new Terminal({ cols: 4 * WIDTH, rows: HEIGHT, allowProposedApi: true, convertEol: true })
  xterm.loadAddon(new UnicodeGraphemesAddon())
  xterm.unicode.activeVersion = '15-graphemes'
  await new Promise<void>(resolve => xterm.write(output.get().output, resolve))
  const shown = Array.from({ length: HEIGHT }, (_, y) =>
    // At the edges Ink lets half of a wide character stand out of the screen.
    Array.from({ length: WIDTH - 2 }, (_, column) => {
      const x = column + 1
      const cell = xterm.buffer.active.getLine(y)?.getCell(x)
      const text = cell?.getChars() ?? ''
      if (cell === undefined || text.trim() === '') return cell?.getWidth() === 0 ? '' : ' '
      return `${text} ${cell.getFgColor()} ${cell.isBold()} ${cell.isInverse()}`
    }),
  )
  xterm.dispose()
  return shown
}
