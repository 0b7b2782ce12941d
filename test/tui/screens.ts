/** A running screen in a test terminal. */

import { runScreen, type ScreenOptions } from '../../src/tui/screen/screen.tsx'
import { FakeClient, NOON } from './fakeClient.ts'
import { TestTerminal } from './terminal.ts'

/** A screen that runs until `close`. */
export type RunningScreen = {
  readonly terminal: TestTerminal
  readonly client: FakeClient
  /** The exit code, once it has ended. */
  readonly code: Promise<number>
  close(): Promise<void>
}

/** Starts a screen with a client that `prepare` has filled. @param options `hasMargin`: of the terminal */
export function startScreen(
  [columns, rows]: readonly [number, number],
  prepare: (client: FakeClient) => void = () => undefined,
  { hasMargin = false, ...options }: Partial<ScreenOptions> & { readonly hasMargin?: boolean } = {},
): RunningScreen {
  const client = new FakeClient()
  const began = performance.now()
  prepare(client)
  const terminal = new TestTerminal(columns, rows, hasMargin)
  const { stdin, stdout } = terminal
  const code = runScreen({
    client,
    stdin,
    stdout,
    colors: 256,
    now: () => NOON + 95 * 60_000 + performance.now() - began,
    timeZone: 'UTC',
    ...options,
  })
  return {
    terminal,
    client,
    code,
    async close() {
      terminal.hangUp()
      await code
    },
  }
}
