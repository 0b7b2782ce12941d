import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { createEditor, insertText, moveTo } from '../../../src/tui/composer/editor.ts'
import { editorRows, editorView, moveRows } from '../../../src/tui/composer/editorRows.ts'
import { hostileText } from '../text/hostileText.ts'

const rows = (text: string, width: number) =>
  editorRows(text, width).map(({ start, end }) => text.slice(start, end))

describe('rows leave a cell for the cursor and trim nothing', () => {
  test.each<[string, number, string[]]>([
    ['', 10, ['']],
    ['hello', 6, ['hello']],
    ['hello', 5, ['hell', 'o']],
    ['one two three', 9, ['one two ', 'three']],
    ['one    two', 6, ['one  ', '  two']],
    ['a\n\nb\n', 9, ['a', '', 'b', '']],
    ['你好吗', 6, ['你好', '吗']],
    ['ab你', 4, ['ab', '你']],
    ['abcdefgh', 1, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']],
  ])('%j in %i', (text, width, expected) => {
    expect(rows(text, width)).toEqual(expected)
  })
})

test('a million letters without a space are broken in no time', () => {
  const text = 'a'.repeat(1 << 20)
  const begun = performance.now()
  expect(editorRows(text, 71)).toHaveLength(Math.ceil(text.length / 70))
  // It takes some 20 ms; looking back to the beginning from each row took 7 s.
  expect(performance.now() - begun).toBeLessThan(1_500)
})

test('after any change the rows are those of the whole text measured afresh', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'สวัสดีครับวันนี้',
      'नमस्ते क्षत्रिय ',
      'e\u0301tude ',
      '明天的会议',
      'word ',
      '🇩🇪🇫🇷',
      '👩‍👩‍👧',
      '\u0301',
      'ำ',
      '\n',
      ' ',
    ),
    hostileText(),
  )
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(12),
    inserted: piece,
  })
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.array(change, { maxLength: 12 }),
      fc.integer({ min: 2, max: 40 }),
      (pieces, changes, width) => {
        let text = pieces.join('')
        for (const { at, removed, inserted } of changes) {
          editorRows(text, width)
          const from = Math.floor(at * text.length)
          text = text.slice(0, from) + inserted + text.slice(from + removed)
          const warm = editorRows(text, width)
          // Another width makes it forget.
          editorRows('é', width + 1)
          expect(warm).toEqual(editorRows(text, width))
        }
      },
    ),
    { numRuns: 300 },
  )
})

describe('the view', () => {
  test('shows what is typed as safe text, one cell or more each, with the cursor in the right one', () => {
    const view = editorView(createEditor('a\x1b[31m\tb\u200b'), 40, 3)
    expect(view).toEqual({ rows: ['a␛[31m    b�'], cursor: { row: 0, column: 12 }, top: 0, total: 1 })
  })
  test('shows joined letters joined', () => {
    expect(editorView(createEditor('می\u200cخواهم'), 40, 1).rows).toEqual(['می\u200cخواهم'])
  })
  test('puts the cursor at the start of the next row, where typing goes on', () => {
    expect(editorView(moveTo(createEditor('one two three'), 8), 9, 3).cursor).toEqual({ row: 1, column: 0 })
  })
  test('follows the cursor and scrolls no more than it must', () => {
    const editor = createEditor(Array.from({ length: 10 }, (_, line) => `line ${line}`).join('\n'))
    const bottom = editorView(editor, 20, 3)
    expect(bottom).toMatchObject({ rows: ['line 7', 'line 8', 'line 9'], top: 7, total: 10 })
    const up = moveRows(editor, 20, -2) ?? editor
    expect(editorView(up, 20, 3, bottom.top)).toMatchObject({ top: 7, cursor: { row: 0, column: 6 } })
    const further = moveRows(up, 20, -1) ?? up
    expect(editorView(further, 20, 3, bottom.top)).toMatchObject({ top: 6, cursor: { row: 0 } })
    expect(editorView(createEditor('short'), 20, 3, 7)).toMatchObject({ rows: ['short'], top: 0 })
  })
})

describe('up and down', () => {
  test('keep the column over shorter rows', () => {
    const start = moveTo(createEditor('abcdef\nx\nabcdef'), 4)
    const down = moveRows(start, 20, 1)
    expect(down?.cursor).toBe(8)
    expect(down && moveRows(down, 20, 1)?.cursor).toBe(13)
  })
  test('count cells, not characters', () => {
    expect(moveRows(moveTo(createEditor('你好\nabcdef'), 1), 20, 1)?.cursor).toBe(5)
  })
  test('stay in the row that they go to, also where it is wrapped', () => {
    const editor = moveTo(createEditor('abc abc abcdef'), 14)
    const up = moveRows(editor, 9, -1)
    expect(up && editorView(up, 9, 3).cursor.row).toBe(0)
  })
  test('beyond the first and last row they are not moves', () => {
    expect(moveRows(createEditor('a'), 20, 1)).toBeUndefined()
    expect(moveRows(createEditor('a\nb'), 20, -2)).toBeUndefined()
  })
})

test('the short way for ASCII breaks rows as the general way does', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab ]{0,60}$/), fc.integer({ min: 3, max: 12 }), (text, width) => {
      // An emoji in a row of its own behind the text makes it go the general way.
      const general = rows(`${text}${' '.repeat(width)}👩🏽‍🚀`, width)
      const narrow = rows(`${text}${' '.repeat(width)}xx`, width)
      expect(narrow.slice(0, -2)).toEqual(general.slice(0, -2))
    }),
    { numRuns: 500 },
  )
})

describe('for any text, width and height', () => {
  const width = fc.integer({ min: 2, max: 20 })
  test('rows cover the text in order, but for its line breaks', () => {
    fc.assert(
      fc.property(hostileText(), width, (raw, cells) => {
        const { text } = createEditor(raw)
        expect(rows(text, cells).join('')).toBe(text.replaceAll('\n', ''))
      }),
      { numRuns: 500 },
    )
  })
  test('nothing drawn is wider than the box less the cursor, and the cursor is in the box', () => {
    fc.assert(
      fc.property(
        hostileText(),
        width,
        fc.integer({ min: 1, max: 5 }),
        fc.nat(80),
        (raw, cells, height, index) => {
          const editor = moveTo(createEditor(raw), index)
          const view = editorView(editor, cells, height, index % 7)
          expect(view.rows.length).toBeLessThanOrEqual(height)
          for (const row of view.rows) {
            expect(stringWidth(row)).toBeLessThanOrEqual(cells - 1)
            expect(row).not.toMatch(/[\0-\x1f\x7f-\x9f\u202a-\u202e]/)
          }
          expect(view.cursor.row).toBeLessThan(view.rows.length)
          expect(view.cursor.column).toBeLessThan(cells)
        },
      ),
      { numRuns: 500 },
    )
  })
})

test.each([
  [
    '500 lines',
    'The quick brown fox jumps over the lazy dog, and again, and again, and again, and again, and again, 123.\n',
  ],
  ['one endless line', 'The quick brown fox '],
  ['Chinese', '你好吗我很好'],
])('laying out 64 KiB of %s takes no time that a person feels', (_what, piece) => {
  let editor = moveTo(createEditor(piece.repeat(Math.floor(65_536 / piece.length))), 30_000)
  const taken: number[] = []
  for (let round = 0; round < 20; round++) {
    const began = performance.now()
    editor = insertText(editor, 'x')
    editorView(editor, 80, 6, 0)
    taken.push(performance.now() - began)
  }
  // Measured 0.7 to 5.5 ms. The fastest round counts: another program can stop any of them, but not all.
  expect(Math.min(...taken)).toBeLessThan(50)
})
