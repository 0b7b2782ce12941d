import { render } from 'ink-testing-library'
import { expect, test } from 'vitest'
import { span } from '../../../src/tui/select/row.ts'
import { cleanLine } from '../../../src/tui/text/clean.ts'
import { Lines } from '../../../src/tui/view/Lines.tsx'
import { paint } from '../../../src/tui/view/paint.ts'

const row = (text: string) => paint([span(cleanLine(text), 'error')], 0)

test('rows stand below each other, one on each line, and longer ones are cut', () => {
  const lines = ['first', '', 'a row that is longer than the place it has', '日本語 and more'].map(row)
  const { lastFrame, rerender, unmount } = render(<Lines lines={lines} width={12} />)
  const drawn = lastFrame()?.split('\n') ?? []
  expect(drawn).toHaveLength(4)
  expect(drawn[0]).toBe('first')
  expect(drawn[2]?.startsWith('a row that')).toBe(true)
  expect(drawn[2]?.length).toBeLessThanOrEqual(12)
  rerender(<Lines lines={[row('second')]} width={12} />)
  expect(lastFrame()).toBe('second')
  unmount()
})

test('without colour not one escape sequence is painted, with it every one is closed', () => {
  const spans = [span(cleanLine('text'), 'error')]
  expect(paint(spans, 0)).not.toContain('\u001b[3')
  const coloured = paint([span(cleanLine('text'), 'error')], 256)
  expect(coloured).toMatch(/^\u001b\[[\d;]+m.*text\u001b\[[\d;]+m/)
})
