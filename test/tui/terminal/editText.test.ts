import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { editText } from '../../../src/tui/terminal/editText.ts'

/** An editor that is a line of shell; the file is its last argument. */
const editor = (script: string) => ({ EDITOR: `f() { ${script}; }; f`, PATH: process.env['PATH'] ?? '' })

const leftBehind = () =>
  readdirSync(tmpdir()).filter(name => name.startsWith('chat-tui-') && !name.includes('check'))

test('the editor gets the text, and gives what it left in the file', async () => {
  const before = leftBehind()
  expect(await editText('one\ntwo', editor('printf "three\\n" >> "$1"'))).toEqual({
    ok: true,
    value: 'one\ntwo\nthree',
  })
  expect(await editText('', editor('test "$(stat -c %a "$1")" = 600 && test ! -s "$1"'))).toEqual({
    ok: true,
    value: '',
  })
  expect(leftBehind()).toEqual(before)
})

test('VISUAL goes before EDITOR', async () => {
  const env = { ...editor('exit 1'), VISUAL: 'true' }
  expect(await editText('kept', env)).toEqual({ ok: true, value: 'kept' })
})

test.each([
  ['exit 3', /ended with 3/],
  ['rm "$1"', /not edited: ENOENT/],
  ['head -c 2000000 /dev/zero > "$1"', /too long/],
])('where it does %s the text stays, and a sentence says why', async (script, told) => {
  const edited = await editText('kept', editor(script))
  expect(edited.ok).toBe(false)
  if (!edited.ok) expect(edited.error).toMatch(told)
})
