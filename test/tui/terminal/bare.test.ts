import { expect, test } from 'vitest'
import { newest, showBare } from '../../../src/tui/terminal/bare.ts'
import { cleanLine } from '../../../src/tui/text/clean.ts'

const lines = (...texts: string[]) => texts.map(cleanLine)

test('the last lines that fit are shown; a long one takes as many rows as the terminal breaks it into', () => {
  expect(newest(lines('one', 'two', 'three'), 10, 2)).toEqual(['two', 'three'])
  expect(newest(lines('one', 'x'.repeat(25), 'three'), 10, 4)).toEqual(['x'.repeat(25), 'three'])
  expect(newest(lines('one', 'x'.repeat(25), 'three'), 10, 3)).toEqual(['three'])
  expect(newest(lines('', ''), 10, 1)).toEqual([''])
})

test('one message is shown whole, on the main screen where it does not fit; others at their end', async () => {
  const written: string[] = []
  const stdout = { columns: 20, rows: 5, write: (text: string) => written.push(text) }
  const show = async (isWhole: boolean): Promise<string> => {
    written.length = 0
    const shown = lines('first', 'x'.repeat(100), 'last')
    await showBare(stdout as unknown as NodeJS.WriteStream, shown, isWhole, Promise.resolve())
    return written.join('')
  }
  expect(await show(true)).toMatch(/first\r\nx{100}\r\nlast/)
  expect(await show(true)).not.toContain('1049')
  expect(await show(false)).not.toContain('first')
  expect(await show(false)).toMatch(/^\x1b\[\?1049h.*last.*\x1b\[\?1049l$/s)
})
