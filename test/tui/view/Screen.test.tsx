import { stripVTControlCharacters } from 'node:util'
import { render } from 'ink-testing-library'
import { expect, test } from 'vitest'
import { frameOf } from '../../../src/tui/select/frame.ts'
import { type Row, span } from '../../../src/tui/select/row.ts'
import { clean, cleanLine } from '../../../src/tui/text/clean.ts'
import { linksIn } from '../../../src/tui/text/links.ts'
import { Lines } from '../../../src/tui/view/Lines.tsx'
import { paint } from '../../../src/tui/view/paint.ts'
import { Screen } from '../../../src/tui/view/Screen.tsx'
import { Updates } from '../update/world.ts'

const ESC = '\x1b'

test('a row is painted in its tones, with 256 colours, 16 or none', () => {
  const row: Row = [span(clean`12:00 `, 'dim'), span(clean`alice`, 'name.1'), span(clean` hello`)]
  const time = `${ESC}[2m12:00 ${ESC}[22m`
  expect(paint(row, 256)).toBe(`${time}${ESC}[1m${ESC}[38;5;136malice${ESC}[39m${ESC}[22m hello`)
  expect(paint(row, 16)).toBe(`${time}${ESC}[1m${ESC}[32malice${ESC}[39m${ESC}[22m hello`)
  expect(paint(row, 0)).toBe(`${time}${ESC}[1malice${ESC}[22m hello`)
})

test('a link is painted with its whole target', () => {
  const [link] = linksIn('https://a.example/x')
  if (link === undefined) throw new Error('no link')
  const painted = paint([{ text: clean`here`, tone: 'text', target: link.target }], 0)
  expect(painted).toBe(`${ESC}]8;;https://a.example/x\x07here${ESC}]8;;\x07`)
})

test('lines keep their position and are cut at their width', () => {
  const lines = ['one', '', `three ${'x'.repeat(30)}`].map(text => paint([span(cleanLine(text))], 256))
  const { lastFrame, unmount } = render(<Lines width={12} lines={lines} />)
  expect(lastFrame()).toBe('one\n\nthree xxxxx…')
  unmount()
})

test('the panes stand beside each other, and a box over them', () => {
  const screen = new Updates(
    client => {
      const lobby = client.open('lobby', { topic: 'be kind' })
      client.receive(lobby, 'alice', 'hello')
      client.allRead(lobby)
      client.open('dev')
    },
    70,
    12,
  )
  const { lastFrame, rerender, unmount } = render(<Screen {...propsOf(screen)} />)
  const shown = () =>
    stripVTControlCharacters(lastFrame() ?? '')
      .split('\n')
      .map(row => row.trimEnd())
  expect(shown()).toMatchInlineSnapshot(`
    [
      " #lobby  be kind                                             1 person",
      "────────────────┬─────────────────────────────────────────────────────",
      "▌1 lobby        │",
      " 2 dev          │",
      "                │",
      "                │",
      "                │",
      "                │ ────── the beginning of #lobby · Mon 23 Nov ───────",
      "                │ alice 14:00  hello",
      "────────────────┴─────────────────────────────────────────────────────",
      " me ›",
      " ● online                      Ctrl+S select   Ctrl+K go to   F1 help",
    ]
  `)
  screen.type('\x0b', 'de')
  rerender(<Screen {...propsOf(screen)} />)
  expect(shown().join('\n')).toContain('│ › de ')
  expect(shown().join('\n')).toContain('▌ #dev')
  expect(shown().join('\n')).not.toContain('▌ #lobby')
  unmount()
})

test('a terminal that is too small shows a sentence', () => {
  const { lastFrame, unmount } = render(
    <Screen frame={undefined} size={{ columns: 18, rows: 3 }} colors={0} />,
  )
  expect(lastFrame()).toBe('terminal too small')
  unmount()
})

function propsOf({ state, world }: Updates) {
  return { frame: frameOf(state, world), size: state.size, colors: 0 } as const
}
