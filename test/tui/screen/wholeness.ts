/** What must hold for each screen, whatever it shows: read from the cells of the emulated terminal. */

import { expect } from 'vitest'
import type { RunningScreen } from '../screens.ts'
import { enter, type ScreenState } from './states.ts'

/** The cells of a screen: `cells[y][x]`. */
type Cells = readonly (readonly string[])[]

/** A box with a border; both ends are inside. */
type BoxPlace = {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/**
 * Leads a screen into its state and out of it: it is whole, text goes where the cursor is, what happens `meanwhile` changes
 * nothing in the end, and nothing of the state is left behind.
 */
export async function passThrough(
  screen: RunningScreen,
  state: ScreenState,
  meanwhile: (screen: RunningScreen) => Promise<void> = async () => undefined,
): Promise<void> {
  const { terminal } = screen
  const before = terminal.look()
  await enter(screen, state)
  expectWhole(screen, state)
  const entered = terminal.look()
  await expectCursor(screen, state.cursor)
  expect(terminal.look(), 'after typing and deleting').toBe(entered)
  await meanwhile(screen)
  expect(terminal.look(), 'after all that happened').toBe(entered)
  if (state.leave === undefined) return
  terminal.type(state.leave)
  await terminal.until(() => terminal.look() !== entered, 'another screen')
  await terminal.quiet()
  expect(terminal.look(), 'after the way back').toBe(before)
}

/** The screen has its header, its status line and its lines where they belong, and nothing else is anywhere. */
export function expectWhole(
  { terminal }: RunningScreen,
  { header = ' #frontend', box = false }: ScreenState,
): void {
  expect(terminal.beyond(), 'drawn beyond the edges').toBe('')
  const shown = terminal.screen()
  const cells = terminal.cells()
  const boxes = boxesIn(cells)
  if (box !== 'small') expect(boxes.length, `boxes\n${shown}`).toBe(box ? 1 : 0)
  for (const found of boxes) expectClosed(cells, found, shown)
  const rows = terminal.rows()
  const headers = rows.flatMap((row, y) => (row.startsWith(header) ? [y] : []))
  // A box can need the row of the header on a low terminal, and never that of the status.
  expect(headers, shown).toEqual(isCovered(boxes, 1, 0) ? [] : [0])
  expect(rows.at(-1), shown).toMatch(/^ [●○✗]/)
  expectStraight(cells, boxes, shown)
}

/** What is typed is where the cursor is, and gone without a trace once it is deleted. */
async function expectCursor({ terminal }: RunningScreen, cursor: ScreenState['cursor']): Promise<void> {
  if (cursor === 'nowhere') {
    expect(terminal.isCursorShown, terminal.screen()).toBe(false)
    return
  }
  expect(terminal.isCursorShown, terminal.screen()).toBe(true)
  const left = (): string | undefined => terminal.cells()[terminal.cursor.y]?.[terminal.cursor.x - 1]
  if (cursor === 'selected') {
    expect(left(), terminal.screen()).toBe('▌')
    return
  }
  const before = terminal.look()
  terminal.type('Q')
  await terminal.until(() => terminal.look() !== before)
  await terminal.quiet()
  expect(left(), terminal.screen()).toBe(cursor === 'unseen' ? '*' : 'Q')
  terminal.type('\x7f')
  await terminal.quiet()
}

/** A box begins with `╭─` and its title; a reply has `╭ `. */
function boxesIn(cells: Cells): readonly BoxPlace[] {
  return cells.flatMap((row, top) =>
    row.flatMap((cell, left) => {
      if (cell !== '╭' || row[left + 1] !== '─') return []
      const right = row.indexOf('╮', left)
      const bottom = cells.findIndex((below, y) => y > top && below[left] === '╰')
      return [{ left, right, top, bottom }]
    }),
  )
}

/** The border of a box goes all around it. */
function expectClosed(cells: Cells, { left, right, top, bottom }: BoxPlace, shown: string): void {
  expect(right, `right border\n${shown}`).toBeGreaterThan(left)
  expect(bottom, `lower border\n${shown}`).toBeGreaterThan(top)
  for (const row of cells.slice(top + 1, bottom))
    expect([row[left], row[right]], `sides of the box\n${shown}`).toEqual(['│', '│'])
  const lower = cells[bottom]?.slice(left, right + 1).join('')
  expect(lower, shown).toBe(`╰${'─'.repeat(right - left - 1)}╯`)
}

/** Each line between the columns goes from the upper rule to the lower one, but for what a box covers. */
function expectStraight(cells: Cells, boxes: readonly BoxPlace[], shown: string): void {
  const upper = cells[1] ?? []
  const lowerAt = cells.findLastIndex(row => row[0] === '─' && row.at(-1) === '─')
  const joints = (row: readonly string[], sign: string) =>
    row.flatMap((cell, x) => (cell === sign ? [x] : []))
  const columns = joints(upper, '┬')
  if (isCovered(boxes, 0, 1)) return
  expect(upper[0], `the upper rule\n${shown}`).toBe('─')
  expect(upper.at(-1), `the upper rule\n${shown}`).toBe('─')
  const lower = cells[lowerAt] ?? []
  for (const x of columns) {
    if (!isCovered(boxes, x, lowerAt)) expect(lower[x], `the joint below ${x}\n${shown}`).toBe('┴')
    for (let y = 2; y < lowerAt; y++)
      if (!isCovered(boxes, x, y)) expect(cells[y]?.[x], `the line at ${x},${y}\n${shown}`).toBe('│')
  }
  // No joint without its line.
  expect(
    joints(lower, '┴').filter(x => !columns.includes(x)),
    shown,
  ).toEqual([])
}

/** Whether a box covers a cell; it has a blank at each side. */
function isCovered(boxes: readonly BoxPlace[], x: number, y: number): boolean {
  return boxes.some(
    ({ left, right, top, bottom }) => x >= left - 1 && x <= right + 1 && y >= top && y <= bottom,
  )
}
