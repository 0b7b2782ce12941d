import { describe, expect, test } from 'vitest'
import { columnsOf, mostForNames } from '../../../src/tui/select/columns.ts'
import { Updates } from '../update/world.ts'

describe('the column of names', () => {
  test.each([
    [79, 0, 4],
    [79, 5, 5],
    [139, 8, 8],
    // A longer name has a row of its own.
    [139, 20, 8],
    [30, 8, 7],
    [20, 8, 5],
  ])('in a pane of %i cells with names of %i has %i', (width, longest, cells) => {
    expect(columnsOf(width, longest).name).toBe(cells)
    expect(mostForNames(width)).toBeGreaterThanOrEqual(cells)
  })

  test('has a name of more than eight cells on a row of its own, whole where the pane is as wide', () => {
    const name = 'Bartholomew_the_third_of_his_name'.slice(0, 32)
    const shown = (columns: number): readonly string[] => {
      const screen = new Updates(client => client.receive(client.open('lobby'), name, 'hello'), columns)
      return screen.screen().split('\n')
    }
    for (const columns of [200, 80]) {
      const rows = shown(columns)
      const at = rows.findIndex(row => row.includes(name))
      expect(rows[at + 1]).toMatch(/14:00 {2}hello/)
    }
    expect(shown(30).join('\n')).toContain('Bartholomew_the_third_of_his_…')
  })
})

test('lines of text are at most a hundred cells wide', () => {
  expect(columnsOf(300, 8).text).toBe(100)
})
