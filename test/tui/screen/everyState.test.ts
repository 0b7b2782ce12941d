/** Each state of the screen on terminals of usual sizes: the screen is whole. `everySize` has the smallest, and changes of size. */

import { afterEach, describe, expect, test } from 'vitest'
import type { RunningScreen } from '../screens.ts'
import { SIZES, STATES, startAt } from './states.ts'
import { passThrough } from './wholeness.ts'

let running: RunningScreen | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

describe.each(Object.entries(STATES))('%s', (_name, state) => {
  test.each(SIZES.slice(1))('is whole at %ix%i', async (...size) => {
    running = await startAt(state, size)
    await passThrough(running, state)
  })
})

test.each(SIZES)('the bare view at %ix%i has no columns, and a key leads back', async (...size) => {
  running = await startAt({ shows: '' }, size)
  const { terminal } = running
  const before = terminal.look()
  terminal.type('\x1bl')
  await terminal.shows('select with the mouse')
  await terminal.quiet()
  expect(terminal.screen()).toMatch(/^grace: > can hold the deploy$/m)
  expect(terminal.screen()).not.toMatch(/[│┬┴]/)
  terminal.type('x')
  await terminal.shows('●')
  await terminal.quiet()
  expect(terminal.look()).toBe(before)
})
