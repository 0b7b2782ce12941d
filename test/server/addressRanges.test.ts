import { expect, test } from 'vitest'
import { AddressRanges, parseAddressRange } from '../../src/server/addressRanges.ts'

test.each([
  ['10.0.0.0/8', { network: '10.0.0.0', prefix: 8 }],
  ['192.0.2.7', { network: '192.0.2.7', prefix: 32 }],
  ['fd00::/8', { network: 'fd00::', prefix: 8 }],
  ['2001:db8::1', { network: '2001:db8::1', prefix: 128 }],
  ['0.0.0.0/0', { network: '0.0.0.0', prefix: 0 }],
  ['10.0.0.0/33', undefined],
  ['fd00::/129', undefined],
  ['10.0.0.0/', undefined],
  ['10.0.0.0/8/8', undefined],
  ['10.0.0.0/-1', undefined],
  ['10.0.0/8', undefined],
  ['fe80::1%eth0', undefined],
  ['localhost', undefined],
  ['', undefined],
])('the range %j', (text, range) => {
  expect(parseAddressRange(text)).toEqual(range)
})

test('an address is in a range in each of its spellings', () => {
  const ranges = new AddressRanges(() => [
    { network: '10.1.2.3', prefix: 8 },
    { network: '2001:db8::', prefix: 32 },
    { network: '192.0.2.1', prefix: 32 },
  ])
  const inside = ['10.0.0.1', '10.255.255.255', '::ffff:10.9.9.9', '2001:db8:ffff::1', '192.0.2.1']
  const outside = ['11.0.0.1', '2001:db9::1', '192.0.2.2', '::1', 'unix', '']
  expect(inside.filter(address => !ranges.has(address))).toEqual([])
  expect(outside.filter(address => ranges.has(address))).toEqual([])
})

test('no range has no address', () => {
  expect(new AddressRanges(() => []).has('127.0.0.1')).toBe(false)
})
