import { describe, expect, test } from 'vitest'
import { columnsOf } from '../../../src/tui/select/columns.ts'
import { Updates } from '../update/world.ts'

describe('the column of names', () => {
  test.each([
    // Short names leave the text as much as before.
    [79, 5, 12],
    [139, 14, 16],
    // Longer ones get what they need, in steps, where the text has three quarters beside them.
    [139, 20, 24],
    [139, 32, 32],
    [79, 20, 19],
    [163, 40, 40],
    [30, 20, 7],
  ])('in a pane of %i cells with names of %i has %i', (width, longest, cells) => {
    expect(columnsOf(width, longest).name).toBe(cells)
  })

  test('shows a long name whole where there is room, and cuts it where there is none', () => {
    const name = 'Bartholomew_the_third_of_his_name'.slice(0, 32)
    const shown = (columns: number): string => {
      const screen = new Updates(client => client.receive(client.open('lobby'), name, 'hello'), columns)
      return screen.screen()
    }
    expect(shown(200)).toContain(`${name}   hello`)
    expect(shown(80)).not.toContain(name)
    expect(shown(80)).toContain('Bartholomew')
  })
})
