import { Box, Text } from 'ink'
import { memo, type ReactNode } from 'react'
import type { Painted } from './paint.ts'

/** One row of the screen. React renders it again only if its text changed. */
const Line = memo(function Line({ text }: { readonly text: Painted }): ReactNode {
  return <Text wrap="truncate-end">{text === '' ? ' ' : text}</Text>
})

/** Rows below each other, in a box of fixed size. */
export const Lines = memo(
  function Lines({ lines, width }: LinesProps): ReactNode {
    return (
      <Box flexDirection="column" width={width} height={lines.length} flexShrink={0}>
        {lines.map((text, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is identified by its index
          <Line key={row} text={text} />
        ))}
      </Box>
    )
  },
  (a, b) =>
    a.width === b.width &&
    a.lines.length === b.lines.length &&
    a.lines.every((line, row) => line === b.lines[row]),
)

/** What {@link Lines} draws. */
export type LinesProps = {
  readonly lines: readonly Painted[]
  /** Cells; longer rows are cut. */
  readonly width: number
}
