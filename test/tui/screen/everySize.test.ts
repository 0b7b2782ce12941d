/** Each state of the screen on a small terminal that becomes large, then usual, then small again. */

import { afterEach, expect, test } from 'vitest'
import type { RunningScreen } from '../screens.ts'
import { matches, SIZES, STATES, startAt } from './states.ts'
import { expectWhole, passThrough } from './wholeness.ts'

let running: RunningScreen | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

test.each(Object.entries(STATES))('%s is whole at each size after another', async (_name, state) => {
  const [smallest = [40, 12], ...others] = SIZES
  running = await startAt(state, smallest)
  const { terminal } = running
  await passThrough(running, state, async screen => {
    for (const [columns, rows] of [...others, smallest]) {
      terminal.resize(columns, rows)
      await terminal.quiet()
      expect(matches(terminal.screen(), state.shows), terminal.screen()).toBe(true)
      expectWhole(screen, state)
    }
  })
})
