import { Box, useCursor } from 'ink'
import { memo, type ReactNode } from 'react'
import type { Size } from '../model/state.ts'
import type { Frame } from '../select/frame.ts'
import { tooSmallRow } from '../select/layout.ts'
import { dimmed, type Row } from '../select/row.ts'
import { columnRule } from '../select/rule.ts'
import type { Colors } from '../text/hues.ts'
import { Lines } from './Lines.tsx'
import { paint } from './paint.ts'

/** The properties of {@link Screen}. */
export type ScreenProps = {
  /** Undefined: the terminal is too small for one. */
  readonly frame: Frame | undefined
  readonly size: Size
  readonly colors: Colors
}

/** The whole screen: panes of fixed sizes, each as high as its rows. */
export const Screen = memo(function Screen({ frame, size, colors }: ScreenProps): ReactNode {
  const { setCursorPosition } = useCursor()
  setCursorPosition(frame?.cursor)
  const drawn = (rows: readonly Row[]) => rows.map(row => paint(row, colors))
  if (frame === undefined) return <Lines width={size.columns} lines={drawn([tooSmallRow(size)])} />
  const { layout, overlay, rules } = frame
  const { columns, rows } = layout
  // A box stands out before what is behind it.
  const painted = (behind: readonly Row[]) => drawn(frame.isDimmed ? behind.map(dimmed) : behind)
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Lines
        width={columns}
        lines={painted(rules === undefined ? [frame.header] : [frame.header, rules.top])}
      />
      <Box flexDirection="row" width={columns} height={layout.timeline} flexShrink={0}>
        {layout.sidebar > 0 && <Lines width={layout.sidebar} lines={painted(frame.sidebar)} />}
        {layout.sidebar > 0 && <Lines width={1} lines={painted(columnRule(layout.timeline))} />}
        <Lines width={layout.pane} lines={painted(frame.timeline)} />
        {layout.people > 0 && <Lines width={1} lines={painted(columnRule(layout.timeline))} />}
        {layout.people > 0 && <Lines width={layout.people} lines={painted(frame.people)} />}
      </Box>
      <Lines
        width={columns}
        lines={painted(rules === undefined ? frame.composer : [rules.bottom, ...frame.composer])}
      />
      <Lines width={columns} lines={painted([frame.status])} />
      {overlay !== undefined && (
        <Box position="absolute" marginLeft={overlay.left} marginTop={overlay.top} width={overlay.width}>
          <Lines width={overlay.width} lines={drawn(overlay.rows)} />
        </Box>
      )}
    </Box>
  )
})
