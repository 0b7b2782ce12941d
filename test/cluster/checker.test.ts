import { expect, test } from 'vitest'
import { type History, judge } from './checker.ts'

const stored = [
  { room: 'dev', seq: 1_024, prev: 0, id: 'a', text: 'A' },
  { room: 'ops', seq: 2_048, prev: 0, id: 'b', text: 'B' },
  { room: 'dev', seq: 3_072, prev: 1_024, id: 'c', text: 'C' },
]
const good: History = {
  sent: [
    { id: 'a', sentAt: 0, seq: 1_024, acknowledgedAt: 5 },
    { id: 'b', sentAt: 1, seq: 2_048, acknowledgedAt: 9 },
    { id: 'c', sentAt: 6, seq: 3_072, acknowledgedAt: 12 },
    { id: 'unanswered', sentAt: 7, seq: undefined, acknowledgedAt: undefined },
  ],
  daemons: [
    { name: 'one', stored, hash: 'x' },
    { name: 'two', stored, hash: 'x' },
  ],
  readers: [
    { name: 'rea', room: 'dev', texts: ['A', 'C'] },
    // It was away, and plain clients have no past.
    { name: 'rob', room: 'dev', texts: ['C'] },
  ],
}

const withStored = (changed: typeof stored): History => ({
  ...good,
  daemons: [
    { name: 'one', stored, hash: 'x' },
    { name: 'two', stored: changed, hash: 'x' },
  ],
})

test('a good history is not broken', () => {
  expect(judge(good)).toEqual({ acknowledged: 3, stored: 3, seen: 3, broken: [] })
})

test.each<readonly [string, History, string]>([
  ['a lost message', withStored(stored.slice(0, 2)), 'two lost c'],
  [
    'a message at another seq than was told',
    withStored(stored.map(one => (one.id === 'b' ? { ...one, seq: 2_049 } : one))),
    'two has b at 2049, and 2048 was told',
  ],
  [
    'a message that is stored twice',
    withStored([...stored, { room: 'dev', seq: 4_096, prev: 3_072, id: 'c', text: 'C' }]),
    'two has c twice',
  ],
  [
    'an event that names a wrong one before it',
    withStored(stored.map(one => (one.id === 'c' ? { ...one, prev: 0 } : one))),
    'two: 3072 in dev names 0, and 1024 is before it',
  ],
  [
    'a reader that saw another order',
    { ...good, readers: [{ name: 'rea', room: 'dev', texts: ['C', 'A'] }] },
    'rea saw "A" in dev after a later one',
  ],
  [
    'a reader that saw a message twice',
    { ...good, readers: [{ name: 'rea', room: 'dev', texts: ['A', 'A'] }] },
    'rea saw "A" in dev after a later one',
  ],
  [
    'a reader that saw what is not stored',
    { ...good, readers: [{ name: 'rea', room: 'dev', texts: ['D'] }] },
    'rea saw "D" in dev, which is not stored',
  ],
  [
    'projections that differ',
    {
      ...good,
      daemons: [
        { name: 'one', stored, hash: 'x' },
        { name: 'two', stored, hash: 'y' },
      ],
    },
    'two has another projection than one',
  ],
  [
    'time travel',
    {
      ...good,
      sent: good.sent.map(one => (one.id === 'b' ? { ...one, sentAt: 20, acknowledgedAt: 21 } : one)),
    },
    'one: b stands before c, which was acknowledged before it was said',
  ],
  ['no daemon', { ...good, daemons: [] }, 'there is no daemon'],
])('it finds %s', (_, history, sentence) => {
  expect(judge(history).broken).toContain(sentence)
})
