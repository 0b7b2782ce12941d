import { expect, test } from 'vitest'
import { startScreen } from '../tui/screens.ts'
import { busyMorning, MORNING } from './busyMorning.ts'
import { svgOf } from './svg.ts'

/** `npm run pictures` draws them again. */
test.each([
  [80, 24],
  [100, 30],
  [160, 45],
] as const)('docs/screen-%ix%i.svg shows the screen as it is', async (columns, rows) => {
  const screen = startScreen([columns, rows], busyMorning, {
    current: 'frontend',
    now: () => MORNING,
  })
  await screen.terminal.shows('is typing')
  await screen.terminal.shows('… sending')
  // The messages on the screen were read by now; the picture is of the moment before.
  const picture = svgOf(screen.terminal.xterm, `The screen of chat-tui, ${columns} by ${rows} cells`)
  await screen.close()
  await expect(picture).toMatchFileSnapshot(`../../docs/screen-${columns}x${rows}.svg`)
})
