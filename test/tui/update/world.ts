/** A screen without a view, for tests of updates: events in, state and deeds out. */

import { expect } from 'vitest'
import { createKeyDecoder } from '../../../src/tui/input/keypress.ts'
import { createClock } from '../../../src/tui/model/clock.ts'
import type { Effect } from '../../../src/tui/model/effect.ts'
import type { ScreenEvent } from '../../../src/tui/model/event.ts'
import { initialState, roomScreen, type ScreenState } from '../../../src/tui/model/state.ts'
import type { World } from '../../../src/tui/model/world.ts'
import { frameOf } from '../../../src/tui/select/frame.ts'
import type { Row } from '../../../src/tui/select/row.ts'
import { update } from '../../../src/tui/update/update.ts'
import { FakeClient, NOON } from '../fakeClient.ts'

const clock = createClock('UTC')

/** Updates in a row. Effects are gathered, not carried out, unless a test does so. */
export class Updates {
  readonly client: FakeClient
  readonly world: World
  state: ScreenState
  readonly effects: Effect[] = []
  #now = NOON

  constructor(
    prepare: (client: FakeClient) => void = client => client.open('lobby'),
    columns = 80,
    rows = 24,
  ) {
    this.client = new FakeClient()
    prepare(this.client)
    this.world = { client: this.client, clock }
    this.state = initialState({ columns, rows }, NOON)
    this.dispatch({ type: 'changed' })
  }

  dispatch(event: ScreenEvent): void {
    const { state, effects } = update(this.state, event, this.world, this.#now)
    this.state = state
    this.effects.push(...effects)
  }

  /** Lets time pass, ms, as the store does: with a tick at its end. */
  wait(ms: number): void {
    this.#now += ms
    this.dispatch({ type: 'tick' })
  }

  /** Types text and key sequences as a keyboard sends them. */
  type(...keys: string[]): void {
    for (const key of keys) {
      const decoder = createKeyDecoder()
      for (const event of [...decoder.push(key), ...decoder.flush()]) this.dispatch(event)
    }
  }

  /** The deeds since the last time, without typing notices. */
  took(): Effect[] {
    return this.effects.splice(0).filter(({ type }) => type !== 'typing')
  }

  get text(): string {
    return roomScreen(this.state).editor.text
  }

  /** The whole screen as text. */
  screen(): string {
    const frame = frameOf(this.state, this.world)
    expect(frame).toBeDefined()
    if (frame === undefined) return ''
    const { header, timeline, composer, status, overlay } = frame
    return [header, ...timeline, ...composer, status, ...(overlay?.rows ?? [])].map(textOf).join('\n')
  }
}

function textOf(row: Row): string {
  return row.map(({ text }) => text).join('')
}
