import { describe, expect, test } from 'vitest'
import { Addresses, type GivenAddress, type Route } from '../../src/client/addresses.ts'
import { parseHostPort, showServer } from '../../src/client/serverAddress.ts'
import { byWeight, findServices } from '../../src/client/serviceRecords.ts'
import { seeded } from '../seeded.ts'
import { startNameServer } from './nameServer.ts'

function exact(host: string, port = 9011): GivenAddress {
  return { host, port, isExact: true }
}

/** Addresses in a random order that is the same in each run. */
function addressesOf(...hosts: readonly string[]): Addresses {
  return new Addresses({ given: hosts.map(host => exact(host)), random: seeded(1) })
}

async function shown(addresses: Addresses): Promise<string[]> {
  return (await addresses.round()).map(showServer)
}

function routeTo(host: string, isTold = false): Route {
  return { host, port: 9011, identity: { host, port: 9011 }, isTold }
}

describe('the order of a round', () => {
  test('each address comes first as often as the others, and the one that welcomed us stays first', async () => {
    const addresses = addressesOf('a', 'b', 'c')
    const firsts = new Map<string, number>()
    for (let n = 0; n < 300; n++) {
      const [first = ''] = await shown(addresses)
      firsts.set(first, (firsts.get(first) ?? 0) + 1)
    }
    for (const host of ['a', 'b', 'c']) expect(firsts.get(`${host}:9011`)).toBeGreaterThan(60)
    addresses.prefer(routeTo('b'))
    const rounds = await Promise.all(Array.from({ length: 20 }, () => shown(addresses)))
    for (const round of rounds) expect(round[0]).toBe('b:9011')
    expect(new Set(rounds.map(([, second]) => second)).size).toBe(2)
    expect(rounds[0]?.toSorted()).toEqual(['a:9011', 'b:9011', 'c:9011'])
  })

  test('those that the server told come after the given ones, and need to prove themselves by their own name', async () => {
    const addresses = addressesOf('a')
    addresses.tell(routeTo('a'), ['b:7001', 'A:9011'])
    expect(await addresses.round()).toEqual([
      routeTo('a'),
      { host: 'b', port: 7001, identity: { host: 'b', port: 7001 }, isTold: true },
    ])
    addresses.tell(routeTo('b', true), ['c:9011'])
    expect((await shown(addresses)).toSorted()).toEqual(['a:9011', 'b:9011', 'c:9011'])
    addresses.tell(routeTo('a'), [])
    expect(await shown(addresses)).toHaveLength(3)
  })

  test('a daemon that goes is last; those that it names come first, until one of them has welcomed us', async () => {
    const addresses = addressesOf('a', 'b')
    addresses.prefer(routeTo('a'))
    addresses.leave(routeTo('a'), ['c:9011', 'b:9011', 'a:9011'])
    expect(addresses.areSeveral).toBe(true)
    for (let n = 0; n < 20; n++) {
      const round = await addresses.round()
      expect(round.slice(0, 2).map(showServer).toSorted()).toEqual(['b:9011', 'c:9011'])
      expect(round.at(-1)).toEqual(routeTo('a'))
    }
    addresses.prefer(routeTo('c', true))
    addresses.leave(routeTo('c', true), [])
    expect((await shown(addresses)).at(-1)).toBe('c:9011')
  })

  test('a hostile server gives no more than some addresses, none of this machine, and no text', async () => {
    const addresses = addressesOf('a')
    addresses.tell(routeTo('a'), [
      '127.0.0.1:22',
      'localhost:9011',
      '[::1]:9011',
      'unix:/run/x',
      'b',
      'b:0',
      'b:65536',
      'b:1:2',
      'b/../c:1',
      'b\u001b[2J:1',
      `${'b'.repeat(300)}:1`,
      '',
      '[::2]:7000',
    ])
    expect(await shown(addresses)).toEqual(['a:9011', '[::2]:7000'])
    addresses.tell(
      routeTo('a'),
      Array.from({ length: 5_000 }, (_, n) => `b${n}:9011`),
    )
    expect(await shown(addresses)).toHaveLength(17)
    const here = addressesOf('127.0.0.1')
    here.tell(routeTo('127.0.0.1'), ['127.0.0.1:7002'])
    expect(await shown(here)).toHaveLength(2)
  })
})

describe('SRV records', () => {
  test('stand in place of a name without a port, by priority; the name is what the server has to prove', async () => {
    const dns = await startNameServer({
      '_chatd._tcp.chat.example.org': [
        { priority: 20, weight: 0, port: 9011, target: 'spare.example.org' },
        { priority: 10, weight: 1, port: 7001, target: 'one.example.org' },
        { priority: 10, weight: 3, port: 7002, target: 'two.example.org' },
        { priority: 5, weight: 1, port: 0, target: '.' },
      ],
    })
    const given = { host: 'chat.example.org', port: 9011, isExact: false }
    const find = (name: string) => findServices(name, [dns.address])
    const addresses = new Addresses({ given: [given], find, random: seeded(2) })
    const round = await addresses.round()
    expect(round.slice(0, 2).map(showServer).toSorted()).toEqual([
      'one.example.org:7001',
      'two.example.org:7002',
    ])
    expect(round[2]).toEqual({
      ...{ host: 'spare.example.org', port: 9011, isTold: false },
      identity: { host: 'chat.example.org', port: 9011 },
    })
    // A spare one that welcomed us is no better than those of the first rank.
    addresses.prefer(routeTo('spare.example.org'))
    expect((await shown(addresses)).at(-1)).toBe('spare.example.org:9011')
    expect(addresses.areSeveral).toBe(true)
  })

  test('no record, no answer, and names that DNS does not know: the name itself', async () => {
    const dns = await startNameServer({ '_chatd._tcp.silent.example.org': 'silent' })
    const find = (name: string) => findServices(name, [dns.address])
    const inexact = (host: string): GivenAddress => ({ host, port: 9011, isExact: false })
    for (const host of [
      'silent.example.org',
      'other.example.org',
      'box',
      '10.0.0.1',
      'box.local',
      'localhost',
    ])
      expect(await shown(new Addresses({ given: [inexact(host)], find }))).toEqual([`${host}:9011`])
    expect(new Set(dns.asked)).toEqual(
      new Set(['_chatd._tcp.silent.example.org', '_chatd._tcp.other.example.org']),
    )
    await new Addresses({ given: [exact('third.example.org')], find }).round()
    expect(dns.asked).not.toContain('_chatd._tcp.third.example.org')
  })

  test('what DNS said stays where it no longer answers', async () => {
    let isUp = true
    const find = () => Promise.resolve(isUp ? [{ name: 'one', port: 7001, priority: 0, weight: 0 }] : [])
    const given = [{ host: 'chat.example.org', port: 9011, isExact: false }]
    const addresses = new Addresses({ given, find })
    expect(await shown(addresses)).toEqual(['one:7001'])
    isUp = false
    expect(await shown(addresses)).toEqual(['one:7001'])
  })

  test('a larger weight comes first more often, and no weight nearly never', () => {
    const random = seeded(3)
    const services = [{ weight: 0 }, { weight: 1 }, { weight: 9 }]
    const firsts = Array.from({ length: 1_000 }, () => byWeight(services, random)[0]?.weight)
    const count = (weight: number): number => firsts.filter(first => first === weight).length
    expect(count(9)).toBeGreaterThan(850)
    expect(count(1)).toBeGreaterThan(50)
    expect(count(0)).toBeLessThan(10)
  })
})

test.each([
  ['b:7001', { host: 'b', port: 7001 }],
  ['[2001:db8::1]:9011', { host: '2001:db8::1', port: 9011 }],
  ['2001:db8::1', undefined],
  ['[chat]:1', undefined],
  [' b:1', undefined],
])('%s as host and port', (text, address) => {
  expect(parseHostPort(text)).toEqual(address)
})
