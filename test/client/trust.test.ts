import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KnownServers } from '../../src/client/knownServers.ts'
import { type Doubt, type Presented, Trust, type TrustOptions } from '../../src/client/trust.ts'
import { parseFingerprint } from '../../src/protocol/fingerprint.ts'
import { temporaryDirectory } from '../server/directory.ts'

const KEY = `SHA256:${'a'.repeat(43)}`
const OTHER = `SHA256:${'b'.repeat(43)}`
const SELF_MADE: Doubt = { kind: 'issuer', reason: 'no known authority made its certificate' }
const EXPIRED: Doubt = { kind: 'time', reason: 'expired on 2026-11-01' }
const pinned: Presented = { fingerprint: KEY, doubt: SELF_MADE }
const other: Presented = { fingerprint: OTHER, doubt: SELF_MADE }
const vouched: Presented = { fingerprint: OTHER, doubt: undefined }

/** Trust in h:9011 with a file of known servers. */
function trustWith(file: string | undefined, options: Partial<TrustOptions> = {}) {
  const path = join(temporaryDirectory(), 'known_servers')
  if (file !== undefined) writeFileSync(path, file)
  const told: string[] = []
  const again = (more: Partial<TrustOptions> = {}): Trust =>
    new Trust({
      host: 'h',
      port: 9011,
      known: new KnownServers(path),
      fingerprint: undefined,
      ca: undefined,
      tell: (kind, message) => told.push(`${kind}: ${message}`),
      now: () => Date.UTC(2026, 10, 26),
      ...more,
    })
  return { trust: again(options), again, told, path, text: () => readFileSync(path, 'utf8') }
}

const PINNED = `h:9011 ${KEY} 2026-01-01\n`

describe('the first contact', () => {
  test('without a secret the key is pinned, and the user learns how to compare it', () => {
    const { trust, told, text } = trustWith(undefined)
    expect(trust.judge(pinned, false)).toEqual({ kind: 'trusted' })
    expect(trust.welcomed(pinned)).toBeUndefined()
    expect(text()).toBe(`h:9011 ${KEY} 2026-11-26\n`)
    expect(told).toEqual([
      expect.stringMatching(new RegExp(`^info: first time at h:9011.*${KEY}.*chatd fingerprint`)),
    ])
    trust.judge(pinned, true)
    trust.welcomed(pinned)
    expect(told).toHaveLength(1)
  })

  test('before the server has welcomed the client, no key is kept', () => {
    const { trust, path } = trustWith(undefined)
    trust.judge(pinned, false)
    expect(() => readFileSync(path)).toThrow('ENOENT')
  })

  test('where a secret would be sent, the user is asked, and an accepted key is pinned without another word', () => {
    const { trust, told, text } = trustWith(undefined)
    expect(trust.judge(pinned, true)).toMatchObject({ kind: 'refused', code: 'key_unknown', accepts: KEY })
    trust.accept(KEY)
    expect(trust.judge(other, true)).toMatchObject({ kind: 'refused', code: 'key_unknown' })
    expect(trust.judge(pinned, true)).toEqual({ kind: 'trusted' })
    trust.welcomed(pinned)
    expect(text()).toContain(KEY)
    expect(told).toEqual([])
  })

  test('a certificate of an authority needs no question, even for a secret', () => {
    const { trust, told, text } = trustWith(undefined)
    expect(trust.judge(vouched, true)).toEqual({ kind: 'trusted' })
    trust.welcomed(vouched)
    expect(text()).toBe('h:9011 CA 2026-11-26\n')
    expect(told).toEqual([])
  })

  test('a key that is known by another name is said to be', () => {
    const { trust, told } = trustWith(`10.0.0.5:9011 ${KEY} 2026-01-01\n`)
    expect(trust.judge(pinned, true)).toMatchObject({
      message: expect.stringContaining('known as 10.0.0.5:9011'),
    })
    trust.judge(pinned, false)
    trust.welcomed(pinned)
    expect(told).toEqual([expect.stringContaining('(known as 10.0.0.5:9011)')])
  })

  test('a key that cannot be kept is a warning, and holds in this process', () => {
    const { trust, told, path } = trustWith(undefined, {
      known: new KnownServers('/proc/self/known_servers'),
    })
    trust.judge(pinned, false)
    expect(trust.welcomed(pinned)).toBeUndefined()
    expect(told.at(-1)).toMatch(/^warning: the key of h:9011 cannot be kept/)
    expect(trust.judge(other, false)).toMatchObject({ code: 'key_changed' })
    expect(trust.judge(pinned, true)).toEqual({ kind: 'trusted' })
    expect(path).toBeDefined()
  })
})

describe('trust only rises', () => {
  test('the pinned key is trusted, whatever its certificate says', () => {
    for (const doubt of [
      SELF_MADE,
      EXPIRED,
      { kind: 'name', reason: '' },
      { kind: 'other', reason: '' },
    ] as const)
      expect(trustWith(PINNED).trust.judge({ fingerprint: KEY, doubt }, true)).toEqual({ kind: 'trusted' })
  })

  test.each([[false], [true]])(
    'another key stops, with both keys and the one command (secret: %s)',
    secret => {
      const { trust, text } = trustWith(PINNED)
      const verdict = trust.judge(other, secret)
      expect(verdict).toMatchObject({ kind: 'refused', code: 'key_changed' })
      const message = verdict.kind === 'refused' ? verdict.message : ''
      for (const part of [KEY, OTHER, '2026-01-01', 'Nothing was sent', 'chatd fingerprint'])
        expect(message).toContain(part)
      expect(message.split('\n').at(-1)).toMatch(`chat-tui --host h --fingerprint ${OTHER}`)
      expect(verdict).not.toHaveProperty('accepts')
      expect(text()).toBe(PINNED)
    },
  )

  test('a pinned key gives way to a certificate of an authority, which then stays', () => {
    const { trust, again, text } = trustWith(PINNED)
    expect(trust.judge(vouched, true)).toEqual({ kind: 'trusted' })
    trust.welcomed(vouched)
    expect(text()).toBe('h:9011 CA 2026-11-26\n')
    expect(again().judge({ fingerprint: KEY, doubt: undefined }, true)).toEqual({ kind: 'trusted' })
    expect(again().judge(pinned, false)).toMatchObject({
      code: 'key_changed',
      message: expect.stringContaining('a certificate of an authority'),
    })
  })

  test('an expired certificate is tried again later, and nothing is sent', () => {
    const expired = { fingerprint: OTHER, doubt: EXPIRED }
    for (const file of [undefined, 'h:9011 CA 2026-01-01\n'])
      expect(trustWith(file).trust.judge(expired, false)).toEqual({
        kind: 'later',
        reason: 'the certificate of h:9011 expired on 2026-11-01; nothing was sent',
      })
  })

  test('a date excuses no other key than the pinned one', () => {
    const { trust } = trustWith(PINNED)
    expect(trust.judge({ fingerprint: OTHER, doubt: EXPIRED }, false)).toMatchObject({ code: 'key_changed' })
  })

  test('two clients that pin different keys at once: the second stops', () => {
    const { trust, again } = trustWith(undefined)
    const second = again()
    expect(trust.judge(pinned, false)).toEqual({ kind: 'trusted' })
    expect(second.judge(other, false)).toEqual({ kind: 'trusted' })
    expect(trust.welcomed(pinned)).toBeUndefined()
    expect(second.welcomed(other)).toMatchObject({
      kind: 'refused',
      code: 'key_changed',
      message: expect.stringContaining('Only your name was sent.'),
    })
  })

  test('a name and its address are pinned apart', () => {
    const { again, text } = trustWith(PINNED)
    const byAddress = again({ host: '10.0.0.5' })
    expect(byAddress.judge(other, false)).toEqual({ kind: 'trusted' })
    byAddress.welcomed(other)
    expect(text()).toBe(`${PINNED}10.0.0.5:9011 ${OTHER} 2026-11-26\n`)
    const byIpv6 = again({ host: 'FD00::5', port: 1 })
    byIpv6.welcomed(pinned)
    expect(text()).toContain(`[fd00::5]:1 ${KEY}`)
  })

  test('a damaged file stops with a sentence', () => {
    expect(trustWith('h:9011 SHA256:abc\n').trust.judge(pinned, false)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('line 1 of'),
    })
    const path = join(temporaryDirectory(), 'known_servers')
    mkdirSync(path)
    expect(trustWith(undefined, { known: new KnownServers(path) }).trust.judge(pinned, false)).toMatchObject({
      kind: 'refused',
    })
  })
})

describe('flags', () => {
  test('--fingerprint takes this key alone, in place of the pinned one, and pins it', () => {
    const { trust, again, text } = trustWith(PINNED, { fingerprint: OTHER })
    expect(trust.judge(pinned, false)).toMatchObject({ kind: 'refused', code: 'key_refused' })
    expect(trust.judge({ fingerprint: KEY, doubt: undefined }, false)).toMatchObject({ kind: 'refused' })
    expect(trust.judge(other, true)).toEqual({ kind: 'trusted' })
    trust.welcomed(other)
    expect(text()).toBe(`h:9011 ${OTHER} 2026-11-26\n`)
    expect(again().judge(other, true)).toEqual({ kind: 'trusted' })
  })

  test('--ca takes certificates of these authorities alone', () => {
    const ca = { file: '/etc/team.pem', authorities: 'PEM' }
    const { trust } = trustWith(PINNED, { ca })
    expect(trust.judge(pinned, false)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('/etc/team.pem'),
    })
    expect(trust.judge(vouched, true)).toEqual({ kind: 'trusted' })
    expect(trust.judge({ fingerprint: KEY, doubt: EXPIRED }, false)).toMatchObject({ kind: 'later' })
  })

  test.each([
    [KEY, KEY],
    ['a'.repeat(43), KEY],
    [` ${KEY}= `, KEY],
    [`SHA256:${'-_'.repeat(21)}a`, `SHA256:${'+/'.repeat(21)}a`],
    ['SHA256:abc', undefined],
    ['', undefined],
    [`MD5:${'a'.repeat(43)}`, undefined],
  ])('the fingerprint %j', (text, key) => {
    const parsed = parseFingerprint(text)
    expect(parsed.ok ? parsed.value : undefined).toBe(key)
  })
})

test('a key that another program accepts meanwhile is accepted at the next attempt', () => {
  const { trust, again, text } = trustWith(PINNED)
  expect(trust.judge(pinned, true)).toEqual({ kind: 'trusted' })
  expect(trust.judge(other, true)).toMatchObject({ code: 'key_changed' })
  const second = again({ fingerprint: OTHER })
  second.judge(other, true)
  second.welcomed(other)
  expect(text()).toContain(OTHER)
  expect(trust.judge(other, true)).toEqual({ kind: 'trusted' })
})

describe('a server of several addresses', () => {
  const sameServer = [
    { host: 'h', port: 9011 },
    { host: 'g', port: 9011 },
  ]
  const OTHERS = `g:9011 ${KEY} 2026-01-01\n`

  test('a key that is known by another address of the same server needs no question, and is kept without news', () => {
    const { trust, told, text } = trustWith(OTHERS, { sameServer })
    expect(trust.judge(pinned, true)).toEqual({ kind: 'trusted' })
    expect(trust.welcomed(pinned)).toBeUndefined()
    expect(text()).toBe(`${OTHERS}h:9011 ${KEY} 2026-11-26\n`)
    expect(told).toEqual([])
    expect(trust.judge(other, true)).toMatchObject({ code: 'key_changed' })
  })

  test('the first contact with the first of them is news', () => {
    const { trust, told } = trustWith(undefined, { sameServer })
    trust.judge(pinned, false)
    trust.welcomed(pinned)
    expect(told).toEqual([expect.stringMatching(/^info: first time at h:9011/)])
  })

  test('another key there is asked about, and a key of an unrelated server too', () => {
    expect(trustWith(OTHERS, { sameServer }).trust.judge(other, true)).toMatchObject({ code: 'key_unknown' })
    expect(trustWith(OTHERS).trust.judge(pinned, true)).toMatchObject({ code: 'key_unknown' })
  })

  test('what is known of the address itself counts more: neither a pin nor an authority gives way', () => {
    const own = trustWith(`${OTHERS}h:9011 ${OTHER}\n`, { sameServer }).trust
    expect(own.judge(pinned, true)).toMatchObject({ code: 'key_changed' })
    const vouching = trustWith(`${OTHERS}h:9011 CA\n`, { sameServer }).trust
    expect(vouching.judge(pinned, true)).toMatchObject({ code: 'key_changed' })
    const demanding = trustWith(OTHERS, { sameServer, fingerprint: OTHER }).trust
    expect(demanding.judge(pinned, true)).toMatchObject({ code: 'key_refused' })
  })
})

describe('an address that the server told', () => {
  const sameServer = [{ host: 'g', port: 9011 }]

  test.each([
    ['unknown', undefined, pinned],
    ['another one than before', PINNED, other],
  ])(
    'a key that is %s is never asked about, also without a secret, and nothing is kept',
    (_, file, shown) => {
      const { trust, told } = trustWith(file, { sameServer, isTold: true })
      expect(trust.judge(shown, false)).toMatchObject({
        kind: 'later',
        reason: expect.stringContaining('h:9011'),
      })
      expect(told).toEqual([])
    },
  )

  test('a key of the server, and a certificate of an authority, are trusted, and nothing is kept', () => {
    const { trust, text } = trustWith(`g:9011 ${KEY}\n`, { sameServer, isTold: true })
    for (const shown of [pinned, vouched]) {
      expect(trust.judge(shown, true)).toEqual({ kind: 'trusted' })
      expect(trust.welcomed(shown)).toBeUndefined()
    }
    expect(text()).toBe(`g:9011 ${KEY}\n`)
  })
})
