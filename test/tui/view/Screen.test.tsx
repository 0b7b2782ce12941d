import { stripVTControlCharacters } from 'node:util'
import { render } from 'ink-testing-library'
import { expect, test } from 'vitest'
import { frameOf } from '../../../src/tui/select/frame.ts'
import { type Row, span } from '../../../src/tui/select/row.ts'
import { clean, cleanLine } from '../../../src/tui/text/clean.ts'
import { Lines } from '../../../src/tui/view/Lines.tsx'
import { paint } from '../../../src/tui/view/paint.ts'
import { Screen } from '../../../src/tui/view/Screen.tsx'
import { Updates } from '../update/world.ts'

const ESC = '\x1b'

test('a row is painted in its tones, with colours or without', () => {
  const row: Row = [span(clean`12:00 `, 'dim'), span(clean`alice`, 'name.red'), span(clean` hello`)]
  expect(paint(row, true)).toBe(`${ESC}[2m12:00 ${ESC}[22m${ESC}[31malice${ESC}[39m hello`)
  expect(paint(row, false)).toBe(`${ESC}[2m12:00 ${ESC}[22malice hello`)
})

test('lines keep their position and are cut at their width', () => {
  const lines = ['one', '', `three ${'x'.repeat(30)}`].map(text => paint([span(cleanLine(text))], true))
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
  expect(shown()).toEqual([
    ' #lobby  be kind                                             1 person',
    '────────────────┬─────────────────────────────────────────────────────',
    '▌1 lobby        │',
    ' 2 dev          │',
    '                │',
    '                │',
    '                │ ───────────── the beginning of #lobby ─────────────',
    '                │ ───────────── Monday 23 November 2026 ─────────────',
    '                │ 14:00   alice   hello',
    '────────────────┴─────────────────────────────────────────────────────',
    ' me ›',
    ' ● online                      F1 help   Ctrl+K find room   PgUp back',
  ])
  screen.type('\x0b', 'de')
  rerender(<Screen {...propsOf(screen)} />)
  expect(shown().join('\n')).toContain('│ › de ')
  expect(shown().join('\n')).toContain('▌ #dev')
  expect(shown().join('\n')).not.toContain('▌ #lobby')
  unmount()
})

test('a terminal that is too small shows a sentence', () => {
  const { lastFrame, unmount } = render(
    <Screen frame={undefined} size={{ columns: 18, rows: 3 }} color={false} />,
  )
  expect(lastFrame()).toBe('terminal too small')
  unmount()
})

function propsOf({ state, world }: Updates) {
  return { frame: frameOf(state, world), size: state.size, color: false }
}
