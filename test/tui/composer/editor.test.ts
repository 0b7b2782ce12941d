import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  clearText,
  createEditor,
  type Editor,
  insertNewline,
  insertText,
  moveTo,
  redo,
  setText,
  undo,
} from '../../../src/tui/composer/editor.ts'
import { edit, isLineAction, type LineAction } from '../../../src/tui/composer/lineActions.ts'
import { ACTIONS } from '../../../src/tui/input/bindings.ts'
import { graphemeStart } from '../../../src/tui/text/grapheme.ts'
import { hostileText } from '../text/hostileText.ts'

/** An editor whose cursor is at the `|`. */
function at(text: string): Editor {
  const cursor = text.indexOf('|')
  return moveTo(createEditor(text.replace('|', '')), cursor)
}

/** The text with a `|` where the cursor is. */
const seen = ({ text, cursor }: Editor): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`

const acted = (text: string, ...actions: LineAction[]): string => seen(actions.reduce(edit, at(text)))

const typed = (editor: Editor, text: string): Editor => [...text].reduce(insertText, editor)

describe('moving', () => {
  test.each<[string, LineAction, string]>([
    ['abc|', 'line.left', 'ab|c'],
    ['|abc', 'line.left', '|abc'],
    ['👨‍👩‍👧‍👦|x', 'line.left', '|👨‍👩‍👧‍👦x'],
    ['|🇩🇪🇯🇵', 'line.right', '🇩🇪|🇯🇵'],
    ['|e\u0301x', 'line.right', 'e\u0301|x'],
    ['a\n|b', 'line.left', 'a|\nb'],
    ['one two-three|', 'line.wordLeft', 'one two-|three'],
    ['one  |two', 'line.wordLeft', '|one  two'],
    ['|  Größe_1 x', 'line.wordRight', '  Größe_1| x'],
    ['привет |мир', 'line.wordRight', 'привет мир|'],
    ['明天的会议取消了|', 'line.wordLeft', '明天的会议取消|了'],
    ['明天的|会议取消了', 'line.wordRight', '明天的会议|取消了'],
    ['เขาไปตลาด|', 'line.wordLeft', 'เขาไป|ตลาด'],
    ['|เขาไปตลาด', 'line.wordRight', 'เขา|ไปตลาด'],
    ['カメラを買う|', 'line.wordLeft', 'カメラを|買う'],
    ['한국어는 회의|', 'line.wordLeft', '한국어는 |회의'],
    ['a\nbc|d\ne', 'line.start', 'a\n|bcd\ne'],
    ['a\nb|cd\ne', 'line.end', 'a\nbcd|\ne'],
    ['|\na', 'line.start', '|\na'],
  ])('%j %s gives %j', (before, action, expected) => {
    expect(acted(before, action)).toBe(expected)
  })
})

describe('deleting and cutting', () => {
  test.each<[string, LineAction, string]>([
    ['ab|c', 'line.deleteBackward', 'a|c'],
    ['|abc', 'line.deleteBackward', '|abc'],
    ['a👩🏽‍🚀|b', 'line.deleteBackward', 'a|b'],
    ['a|e\u0301b', 'line.deleteForward', 'a|b'],
    ['abc|', 'line.deleteForward', 'abc|'],
    ['a\nbc|d', 'line.killToStart', 'a\n|d'],
    ['a\n|bcd', 'line.killToStart', 'a|bcd'],
    ['a|bc\nd', 'line.killToEnd', 'a|\nd'],
    ['a|\nd', 'line.killToEnd', 'a|d'],
    ['see http://x.y/z  |now', 'line.killBackToSpace', 'see |now'],
    ['see x.y-z|', 'line.killWordBackward', 'see x.y-|'],
    ['明天的会议|', 'line.killWordBackward', '明天的|'],
    ['|明天的会议', 'line.killWordForward', '|的会议'],
    ['hello, 你好世界|', 'line.killWordBackward', 'hello, 你好|'],
    ['我的iPhone|', 'line.killWordBackward', '我的|'],
    ['|see x', 'line.killWordForward', '| x'],
    ['|', 'line.killToStart', '|'],
    ['|', 'line.deleteForward', '|'],
  ])('%j %s gives %j', (before, action, expected) => {
    expect(acted(before, action)).toBe(expected)
  })
  test('what was cut can be put back, and what was cut before it', () => {
    expect(acted('one two|', 'line.killWordBackward', 'line.start', 'line.yank')).toBe('two|one ')
    const cuts: LineAction[] = ['line.killWordBackward', 'line.left', 'line.killToStart', 'line.yank']
    expect(acted('one two|', ...cuts)).toBe('one| ')
    expect(acted('one two|', ...cuts, 'line.yankOlder')).toBe('two| ')
    expect(acted('one two|', ...cuts, 'line.yankOlder', 'line.yankOlder')).toBe('one| ')
  })
  test('cuts in a row come back together, in both directions', () => {
    expect(acted('one two three|', 'line.killWordBackward', 'line.killWordBackward', 'line.yank')).toBe(
      'one two three|',
    )
    expect(acted('a b|c d', 'line.killBackToSpace', 'line.killToEnd', 'line.yank')).toBe('a bc d|')
  })
  test('yankOlder does nothing but right after a yank', () => {
    expect(acted('one|', 'line.killToStart', 'line.yank', 'line.left', 'line.yankOlder')).toBe('on|e')
  })
})

describe('typing', () => {
  test('goes in at the cursor', () => {
    expect(seen(insertNewline(insertText(at('a|b'), 'x')))).toBe('ax\n|b')
  })
  test('of a mark moves behind the letter that it changes', () => {
    expect(seen(insertText(at('e|x'), '\u0301'))).toBe('e\u0301|x')
  })
  test('every line break is a newline, and NUL, which no message may hold, is left out', () => {
    expect(seen(insertText(createEditor(), 'a\r\nb\rc\0\u2028d\ud800'))).toBe('a\nb\nc\nd�|')
  })
  test('anything else stays as it came, escape sequences and joiners too', () => {
    const text = 'a\x1b[31m\tمی\u200cخواهم\u202e'
    expect(insertText(createEditor(), text).text).toBe(text)
  })
})

describe('undo', () => {
  test('takes back a word at a time', () => {
    const editor = typed(createEditor(), 'hello big world')
    expect([undo(editor), undo(undo(editor)), undo(undo(undo(editor)))].map(seen)).toEqual([
      'hello big |',
      'hello |',
      '|',
    ])
  })
  test('takes back a run of Backspace at once, and a paste by itself', () => {
    let editor = insertText(typed(createEditor(), 'ab'), 'pasted text')
    editor = edit(edit(editor, 'line.deleteBackward'), 'line.deleteBackward')
    expect([undo(editor), undo(undo(editor))].map(seen)).toEqual(['abpasted text|', 'ab|'])
  })
  test('brings back what was cleared or replaced', () => {
    expect(seen(undo(clearText(at('dra|ft'))))).toBe('dra|ft')
    expect(seen(undo(setText(at('dra|ft'), 'other', 2)))).toBe('dra|ft')
  })
  test('is undone by redo until something else is typed', () => {
    const editor = typed(createEditor(), 'one two')
    expect(seen(redo(undo(editor)))).toBe('one two|')
    expect(seen(redo(insertText(undo(editor), 'x')))).toBe('one x|')
  })
})

const LINE_ACTIONS = ACTIONS.map(({ id }) => id).filter(isLineAction)

describe('after anything at all', () => {
  const anyEdit = fc.oneof(
    fc.constantFrom(...LINE_ACTIONS).map(id => (editor: Editor) => edit(editor, id)),
    hostileText().map(text => (editor: Editor) => insertText(editor, text.slice(0, 12))),
    fc.nat(60).map(index => (editor: Editor) => moveTo(editor, index)),
  )
  test('the cursor is at the border of a grapheme inside the text', () => {
    fc.assert(
      fc.property(hostileText(), fc.array(anyEdit, { maxLength: 40 }), (text, edits) => {
        let editor = createEditor(text)
        for (const one of edits) {
          editor = one(editor)
          expect(editor.cursor).toBeGreaterThanOrEqual(0)
          expect(editor.cursor).toBeLessThanOrEqual(editor.text.length)
          expect(graphemeStart(editor.text, editor.cursor)).toBe(editor.cursor)
          expect(editor.text.isWellFormed()).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
  test('undo leads back to the beginning, and redo to the end', () => {
    fc.assert(
      fc.property(hostileText(), fc.array(anyEdit, { maxLength: 40 }), (text, edits) => {
        const begin = createEditor(text)
        // What undo took back is lost when something else is typed: leave it out to see the whole way.
        let editor = edits.reduce((state, one) => ({ ...one(state), redoStack: [] }), begin)
        const end = editor.text
        const steps = editor.undoStack.length
        for (let step = 0; step < steps; step++) editor = undo(editor)
        expect(editor.text).toBe(begin.text)
        for (let step = 0; step < steps; step++) editor = redo(editor)
        expect(editor.text).toBe(end)
      }),
      { numRuns: 300 },
    )
  })
})

test('steps to undo are bounded', () => {
  let editor = createEditor()
  for (let word = 0; word < 1000; word++) editor = insertText(editor, 'two words ')
  expect(editor.undoStack.length).toBe(200)
})

test.each([
  [
    '500 lines',
    'The quick brown fox jumps over the lazy dog, and again, and again, and again, and again, and again, 123.\n',
  ],
  ['one endless line', 'The quick brown fox '],
  ['Chinese', '你好吗我很好'],
  ['emoji', '👩🏽‍🚀'],
])('a key in 64 KiB of %s takes no time that a person feels', (_what, piece) => {
  let editor = moveTo(createEditor(piece.repeat(Math.floor(65_536 / piece.length))), 30_000)
  const begin = performance.now()
  const rounds = 20
  for (let round = 0; round < rounds; round++) {
    for (const id of LINE_ACTIONS) editor = edit(insertText(editor, 'x'), id)
  }
  // Measured 0.02 to 0.1 ms; the bound leaves room for a busy machine.
  expect((performance.now() - begin) / (rounds * LINE_ACTIONS.length * 2)).toBeLessThan(2)
})
