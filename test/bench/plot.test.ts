import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drawGrowth } from '../../bench/growth.ts'
import { type Panel, plot } from '../../bench/plot.ts'

const panel = (points: Panel['series'][number]['points']): Panel => ({
  title: 'a & b',
  xLabel: 'things < 5',
  series: [{ name: 'cost', points }],
})

/** The centres of the points that were drawn, from left to right. */
function centres(svg: string): number[][] {
  return [...svg.matchAll(/<circle class="s0" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ])
}

test('both axes are logarithmic: ten times as much is as far anywhere', () => {
  const [a = [], b = [], c = []] = centres(
    plot('costs', 'ms', [
      panel([
        [1, 0.1],
        [10, 1],
        [100, 10],
      ]),
    ]),
  )
  const [ax = 0, ay = 0, bx = 0, by = 0, cx = 0, cy = 0] = [...a, ...b, ...c]
  expect(bx - ax).toBeGreaterThan(0)
  expect(cx - bx).toBeCloseTo(bx - ax, 0)
  expect(ay - by).toBeGreaterThan(0)
  expect(by - cy).toBeCloseTo(ay - by, 0)
})

test('nothing has a place left of the smallest number, with its own label', () => {
  const svg = plot('costs', 'ms', [
    panel([
      [0, 1],
      [1_000, 2],
      [10_000_000, 3],
    ]),
  ])
  const [[zero = Number.NaN] = [], [thousand = Number.NaN] = []] = centres(svg)
  expect(zero).toBeLessThan(thousand)
  expect(svg).toContain('>0</text>')
  expect(svg).toContain('>10M</text>')
})

test('what has no figure has no point, and no number in the picture is broken', () => {
  const svg = plot('costs', 'ms', [
    panel([
      [1, 0.5],
      [10, Number.NaN],
      [100, 2],
    ]),
  ])
  expect(centres(svg)).toHaveLength(2)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
})

test('labels are escaped, and there are colours for light and for dark', () => {
  const svg = plot('costs', 'ms', [panel([[1, 1]])])
  expect(svg).toContain('a &amp; b')
  expect(svg).toContain('things &lt; 5')
  expect(svg).toContain('prefers-color-scheme: dark')
})

test('the rows of growth become three panels with a line for messages and one for deliveries', () => {
  const directory = mkdtempSync(join(tmpdir(), 'growth-'))
  const file = join(directory, 'growth.svg')
  const row = (what: string, size: number) => ({
    what,
    figures: { size, 'ms a message': 0.4, 'µs a delivery': 100 },
  })
  try {
    drawGrowth(
      [
        row('rooms of 4, 200 messages a second: 1 rooms', 1),
        row('rooms of 4, 200 messages a second: 10 rooms', 10),
        row('one room, 50 messages a second: 10 members', 10),
        row('500 rooms of 4, a long log: 0 events in the log', 0),
        row('500 rooms of 4, a long log: 1,000 events in the log', 1_000),
      ],
      file,
    )
    const svg = readFileSync(file, 'utf8')
    expect(svg.match(/<circle class="s0"/g)).toHaveLength(5)
    expect(svg.match(/<circle class="s1"/g)).toHaveLength(5)
    // 0.4 ms a message and 100 µs a delivery are two heights of one axis.
    const heights = new Set([...svg.matchAll(/cy="([\d.]+)"/g)].map(([, y]) => y))
    expect(heights.size).toBe(2)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
