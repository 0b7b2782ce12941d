import { describe, expect, test } from 'vitest'
import { frameOf } from '../../../src/tui/select/frame.ts'
import { Updates } from '../update/world.ts'

/** The list of rooms beside a timeline of `height` rows, with the `current`th of `count` rooms shown. */
function sidebar(count: number, current: number, height: number): string[] {
  const screen = new Updates(
    client => {
      for (let number = 1; number <= count; number++) {
        client.open(`r${number}`, { unread: number === 1 || number === count ? 1 : 0 })
      }
    },
    80,
    height + 5,
  )
  screen.dispatch({ type: 'opened', room: `r${current}` })
  const rows = frameOf(screen.state, screen.world)?.sidebar ?? []
  return rows.map(row =>
    row
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  )
}

describe('more rooms than rows', () => {
  test('all fit: no row tells of more', () => {
    expect(sidebar(5, 2, 6)).toEqual([' 1 r1         1', '▌2 r2', ' 3 r3', ' 4 r4', ' 5 r5         1', ''])
  })
  test('at the beginning, in the middle and at the end the current one is in sight, and what is not is counted', () => {
    expect(sidebar(7, 2, 5)).toEqual([' 1 r1         1', '▌2 r2', ' 3 r3', ' 4 r4', ' ↓ 3 more     1'])
    expect(sidebar(9, 5, 5)).toEqual([' ↑ 3 more     1', ' 4 r4', '▌5 r5', ' 6 r6', ' ↓ 3 more     1'])
    expect(sidebar(7, 7, 5)).toEqual([' ↑ 3 more     1', ' 4 r4', ' 5 r5', ' 6 r6', '▌7 r7         1'])
  })
  test.each([1, 2, 250, 499, 500])('of 500 rooms the %ith is in sight', current => {
    const rows = sidebar(500, current, 5)
    expect(rows).toHaveLength(5)
    expect(rows.filter(row => row.startsWith('▌') && new RegExp(` r${current}\\b`).test(row))).toHaveLength(1)
  })
})
