import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import inkWidth from '../../../src/tui/inkParts/width.ts'
import { hostileText } from '../text/hostileText.ts'

test('the measure that the build gives Ink is that of string-width for any text, with styles and without', () => {
  const styled = fc
    .array(
      fc.oneof(
        hostileText(),
        fc.constantFrom('\u001b[1m', '\u001b[38;5;7m', '\u001b[m', '\u001b', '─', '│ ', '●'),
      ),
    )
    .map(parts => parts.join(''))
  const options = fc.record(
    { ambiguousIsNarrow: fc.boolean(), countAnsiEscapeCodes: fc.boolean() },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(styled, options, (text, given) => {
      expect(inkWidth(text, given)).toBe(stringWidth(text, given))
    }),
    { numRuns: 1_000 },
  )
})
