import { expect, test } from 'vitest'
import { isLoopback } from '../../src/protocol/loopback.ts'
import { addressGroup, parseListenAddress, showAddress } from '../../src/server/address.ts'

test.each([
  ['0.0.0.0:9011', { host: '0.0.0.0', port: 9011 }],
  ['127.0.0.1', { host: '127.0.0.1', port: 9011 }],
  ['chat.example.org:1', { host: 'chat.example.org', port: 1 }],
  [':7000', { host: '127.0.0.1', port: 7000 }],
  ['[::1]:7000', { host: '::1', port: 7000 }],
  ['[::]', { host: '::', port: 9011 }],
  ['::1', { host: '::1', port: 9011 }],
  ['', undefined],
  ['host:', undefined],
  ['host:65536', undefined],
  ['host:1:2', undefined],
  ['[nonsense]:1', undefined],
  ['a b:1', undefined],
  ['unix:/run/chatd/chat', { path: '/run/chatd/chat' }],
  ['unix:chat', undefined],
  ['unix:', undefined],
  ['unix:/run/', undefined],
  ['unix:/a\0b', undefined],
])('--listen %j', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address)
})

test('an IPv6 address is shown in brackets', () => {
  expect(showAddress({ host: '::1', port: 1 })).toBe('[::1]:1')
  expect(showAddress({ host: '127.0.0.1', port: 1 })).toBe('127.0.0.1:1')
})

test('only this machine can reach a loopback address', () => {
  expect(
    ['127.0.0.1', '127.8.8.8', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'].every(isLoopback),
  ).toBe(true)
  expect(['0.0.0.0', '::', '127.example.org', '10.0.0.1'].some(isLoopback)).toBe(false)
})

test('addresses count alone in IPv4, by /64 in IPv6', () => {
  expect(addressGroup('::ffff:10.1.2.3')).toBe('10.1.2.3')
  expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2::9'))
  expect(addressGroup('2001:db8:1:2::1')).not.toBe(addressGroup('2001:db8:1:3::1'))
  expect(addressGroup('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
  expect(addressGroup('2001:0db8:0001::1')).toBe(addressGroup('2001:db8:1:0::2'))
})
