import { expect, test } from 'vitest'
import { emojiOf } from '../../../src/tui/screen/shortCodes.ts'

test.each([
  ['thumbsup', '👍'],
  ['+1', '👍'],
  ['TADA', '🎉'],
  ['heart', '❤️'],
])('the short code %s is %s', async (code, emoji) => {
  expect(await emojiOf(code)).toBe(emoji)
})

test.each(['nonsuch', '', 'toString', '__proto__'])('the word "%s" is no short code', async code => {
  expect(await emojiOf(code)).toBeUndefined()
})
