import { expect, test } from 'vitest'
import { costOfText, Paces, type Payer } from '../../../src/server/requests/paces.ts'

const SETTINGS = {
  messageBurst: 20,
  messagesPerSecond: 5,
  joinBurst: 10,
  joinsPerSecond: 1,
  peopleOfAddress: 3,
}

const guest = (person: string, address: string | undefined): Payer => ({
  person,
  address,
  account: undefined,
})

/** How many messages of fresh names are read at once. */
function readAtOnce(paces: Paces, payer: (n: number) => Payer): number {
  for (let n = 0; n < 1_000; n++) if (paces.say(payer(n), 1, 0) > 0) return n + 1
  return 1_000
}

test('a name at an address has a burst', () => {
  expect(readAtOnce(new Paces(SETTINGS), () => guest('alice', 'a'))).toBe(20)
})

test('new names buy nothing beyond the pace of the address', () => {
  const paces = new Paces(SETTINGS)
  expect(readAtOnce(paces, n => guest(`name${n}`, 'a'))).toBe(60)
  expect(paces.say(guest('bystander', 'b'), 1, 0)).toBe(0)
})

test('an address that many people share counts for nothing, its people do', () => {
  const paces = new Paces(SETTINGS)
  expect(readAtOnce(paces, n => guest(`name${n}`, undefined))).toBe(1_000)
  expect(readAtOnce(paces, () => guest('alice', undefined))).toBe(20)
})

test('an account has a pace of its own: no flood of its address slows it down', () => {
  const paces = new Paces(SETTINGS)
  readAtOnce(paces, n => guest(`name${n}`, 'a'))
  const account = { person: 'alice', address: 'a', account: 1 }
  expect(readAtOnce(paces, () => account)).toBe(20)
  expect(paces.say({ ...account, address: 'b' }, 1, 0)).toBeGreaterThan(0)
})

test('a text costs a message for each KiB', () => {
  expect([0, 1_023, 1_024, 16 * 1_024].map(costOfText)).toEqual([1, 1, 2, 17])
  const paces = new Paces(SETTINGS)
  expect(paces.say(guest('alice', 'a'), costOfText(16 * 1_024), 0)).toBe(0)
  expect(paces.say(guest('alice', 'a'), costOfText(16 * 1_024), 0)).toBe(3_000)
})

test('joins have a pace of their own', () => {
  const paces = new Paces(SETTINGS)
  const waits = Array.from({ length: 11 }, () => paces.join(guest('alice', 'a'), 0))
  expect(waits).toEqual([...Array(9).fill(0), 1_000, 2_000])
  expect(paces.say(guest('alice', 'a'), 1, 0)).toBe(0)
})
