import { describe, expect, test } from 'vitest'
import type { Route } from '../../../src/client/addresses.ts'
import type { TrustIn } from '../../../src/client/trust.ts'
import { type TrustFlags, trustFor } from '../../../src/tui/profile/trustFor.ts'
import { temporaryDirectory } from '../directory.ts'

const KEY = `SHA256:${'a'.repeat(43)}`
const SELF_MADE = { kind: 'issuer', reason: 'made by itself' } as const

function routeTo(host: string, change: Partial<Route> = {}): Route {
  return { host, port: 9011, identity: { host, port: 9011 }, isTold: false, ...change }
}

/** What the flags make of a server, and the warnings. */
function trusting(hosts: readonly string[], flags: Partial<TrustFlags> = {}) {
  const told: string[] = []
  const made = trustFor({
    addresses: hosts.map(host => ({ host, port: 9011 })),
    ...{ fingerprint: undefined, ca: undefined, plaintext: undefined },
    knownServers: `${temporaryDirectory()}/known_servers`,
    tell: (_, message) => told.push(message),
    ...flags,
  })
  const trust: TrustIn = route => {
    if (!made.ok) throw new Error(made.error)
    return made.value(route)
  }
  return { trust, told, problem: made.ok ? undefined : made.error }
}

describe('each address of a server', () => {
  test('on another machine has a trust of its own, which stays the same; on this machine there is plain text', () => {
    const { trust } = trusting(['a', '127.0.0.1', 'unix:/run/chat'])
    expect(trust(routeTo('a'))).toBeDefined()
    expect(trust(routeTo('a'))).toBe(trust(routeTo('a')))
    expect(trust(routeTo('a', { isTold: true }))).not.toBe(trust(routeTo('a')))
    expect(trust(routeTo('b', { isTold: true }))).toBeDefined()
    expect(trust(routeTo('127.0.0.1'))).toBeUndefined()
    expect(trust(routeTo('unix:/run/chat'))).toBeUndefined()
  })

  test('a name that DNS leads to this machine is no reason for plain text', () => {
    const identity = { host: 'chat.example.org', port: 9011 }
    expect(trusting([identity.host]).trust(routeTo('localhost', { identity }))).toBeDefined()
  })

  test('a key that one address has is known by the others; a told address never asks', () => {
    const { trust } = trusting(['a', 'b'])
    const shown = { fingerprint: KEY, doubt: SELF_MADE }
    const a = trust(routeTo('a'))
    expect(a?.judge(shown, false)).toEqual({ kind: 'trusted' })
    expect(trust(routeTo('b'))?.judge(shown, true)).toMatchObject({ code: 'key_unknown' })
    expect(trust(routeTo('c', { isTold: true }))?.judge(shown, false)).toMatchObject({ kind: 'later' })
    a?.welcomed(shown)
    expect(trust(routeTo('b'))?.judge(shown, true)).toEqual({ kind: 'trusted' })
    expect(trust(routeTo('c', { isTold: true }))?.judge(shown, true)).toEqual({ kind: 'trusted' })
  })

  test('--plaintext is for all of them, and warns of those elsewhere; a unix socket has no key', () => {
    const plain = trusting(['a', '127.0.0.1', 'b'], { plaintext: true })
    expect(plain.trust(routeTo('a'))).toBeUndefined()
    expect(plain.told).toEqual([expect.stringMatching(/^no encryption with a:9011, b:9011 \(--plaintext\)/)])
    expect(trusting(['a', 'unix:/run/chat'], { fingerprint: KEY }).problem).toContain(
      'leave out --fingerprint',
    )
    expect(trusting(['127.0.0.1'], { fingerprint: KEY }).trust(routeTo('127.0.0.1'))).toBeDefined()
  })
})
