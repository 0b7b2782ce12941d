import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inviteCodeFrom, parseInviteLink, showInviteLink } from '../../src/protocol/inviteLink.ts'
import { isToken, tokenFrom } from '../../src/protocol/tokens.ts'

const host = fc.constantFrom('h', 'chat.example.org', '127.0.0.1', '::1', 'fe80::1')
const fingerprint = fc
  .option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined })
  .map(bytes => bytes && `SHA256:${Buffer.from(bytes).toString('base64').replace(/=+$/, '')}`)
const code = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytes => inviteCodeFrom(Buffer.from(bytes)))

test('a link is read as it was shown, and needs no quotes in a shell', () => {
  fc.assert(
    fc.property(
      host,
      fc.integer({ min: 1, max: 65_535 }),
      code,
      fingerprint,
      (host, port, code, fingerprint) => {
        const link = showInviteLink({ host, port, code, fingerprint })
        expect(link).toMatch(/^[\w:/.[\]-]+$/)
        expect(parseInviteLink(` ${link}\n`)).toEqual({ ok: true, value: { host, port, code, fingerprint } })
      },
    ),
  )
})

test.each([
  ['', 'no invitation'],
  ['http://h/join/AAAAAAAAAAAAAAAAAAAA', 'no invitation'],
  ['chat://h:9011/join/', 'no invitation'],
  ['chat://h:0/join/AAAAAAAAAAAAAAAAAAAA', 'the port 0'],
  ['chat://h:9011/join/AAAAAAAAAAAAAAAAAAA', 'not whole'],
  ['chat://h:9011/join/AAAAAAAAAAAAAAAAAAAA.abc', 'not whole'],
])('a link that is none is refused: %j', (link, reason) => {
  expect(parseInviteLink(link)).toMatchObject({ ok: false, error: expect.stringContaining(reason) })
})

test('a token knows itself by its checksum', () => {
  for (let round = 0; round < 200; round++) {
    const token = tokenFrom(randomBytes)
    expect(token).toMatch(/^chatd_[0-9A-Za-z]{38}$/)
    expect(isToken(token)).toBe(true)
    const at = 6 + (round % 38)
    const other = token[at] === 'a' ? 'b' : 'a'
    expect(isToken(token.slice(0, at) + other + token.slice(at + 1))).toBe(false)
  }
  expect(isToken('chatd_')).toBe(false)
  expect(isToken('hunter2')).toBe(false)
})
