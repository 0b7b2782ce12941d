import { Box, useCursor } from 'ink'
import { memo, type ReactNode } from 'react'
import type { Size } from '../model/state.ts'
import type { Frame } from '../select/frame.ts'
import { tooSmallRow } from '../select/layout.ts'
import type { Row } from '../select/row.ts'
import { columnRule } from '../select/rule.ts'
import { Lines } from './Lines.tsx'
import { paint } from './paint.ts'

/** The properties of {@link Screen}. */
export type ScreenProps = {
  /** Undefined: the terminal is too small for one. */
  readonly frame: Frame | undefined
  readonly size: Size
  readonly color: boolean
}

/** The whole screen: panes of fixed sizes, each as high as its rows. */
export const Screen = memo(function Screen({ frame, size, color }: ScreenProps): ReactNode {
  const { setCursorPosition } = useCursor()
  setCursorPosition(frame?.cursor)
  const painted = (rows: readonly Row[]) => rows.map(row => paint(row, color))
  if (frame === undefined) return <Lines width={size.columns} lines={painted([tooSmallRow(size)])} />
  const { layout, overlay, rules } = frame
  const { columns, rows } = layout
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
      </Box>
      <Lines
        width={columns}
        lines={painted(rules === undefined ? frame.composer : [rules.bottom, ...frame.composer])}
      />
      <Lines width={columns} lines={painted([frame.status])} />
      {overlay !== undefined && (
        <Box position="absolute" marginLeft={overlay.left} marginTop={overlay.top} width={overlay.width}>
          <Lines width={overlay.width} lines={painted(overlay.rows)} />
        </Box>
      )}
    </Box>
  )
})
