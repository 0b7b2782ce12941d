import { expect, test } from 'vitest'
import { type History, judge } from './checker.ts'

const stored = [
  { room: 'dev', seq: 1_024, prev: 0, id: 'a', text: 'A' },
  { room: 'ops', seq: 2_048, prev: 0, id: 'b', text: 'B' },
  { room: 'dev', seq: 3_072, prev: 1_024, id: 'c', text: 'C' },
]
const good: History = {
  sent: [
    { id: 'a', daemon: 'one', sentAt: 0, seq: 1_024, acknowledgedAt: 5 },
    { id: 'b', daemon: 'two', sentAt: 1, seq: 2_048, acknowledgedAt: 9 },
    { id: 'c', daemon: 'one', sentAt: 6, seq: 3_072, acknowledgedAt: 12 },
    // It was said through two daemons.
    { id: 'c', daemon: 'two', sentAt: 6, seq: 3_072, acknowledgedAt: 13 },
    { id: 'unanswered', daemon: 'two', sentAt: 7, seq: undefined, acknowledgedAt: undefined },
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
  reads: [
    { reader: 'hal', daemon: 'one', room: 'dev', newest: 0, askedAt: 4 },
    { reader: 'hal', daemon: 'one', room: 'dev', newest: 1_024, askedAt: 6 },
    { reader: 'hal', daemon: 'two', room: 'ops', newest: 0, askedAt: 8 },
    { reader: 'hal', daemon: 'two', room: 'dev', newest: 1_024, askedAt: 11 },
    { reader: 'hal', daemon: 'one', room: 'dev', newest: 3_072, askedAt: 14 },
    { reader: 'hal', daemon: 'two', room: 'dev', newest: 3_072, askedAt: 15 },
    { reader: 'hal', daemon: 'two', room: 'ops', newest: 2_048, askedAt: 16 },
  ],
}

const withReads = (...more: History['reads']): History => ({ ...good, reads: [...good.reads, ...more] })

const withStored = (changed: typeof stored): History => ({
  ...good,
  daemons: [
    { name: 'one', stored, hash: 'x' },
    { name: 'two', stored: changed, hash: 'x' },
  ],
})

test('a good history is not broken', () => {
  expect(judge(good)).toEqual({ acknowledged: 4, stored: 3, seen: 3, broken: [] })
})

test('of a log that was lost each daemon has a beginning', () => {
  const { isLost } = { isLost: true } as const
  expect(judge({ ...withStored(stored.slice(0, 2)), isLost, sent: good.sent.slice(0, 2) }).broken).toEqual([])
  const other = [...stored.slice(0, 2), { room: 'dev', seq: 3_073, prev: 1_024, id: 'd', text: 'D' }]
  expect(judge({ ...withStored(other), isLost }).broken).toContain('two has another projection than one')
  expect(judge({ ...withStored(stored.slice(0, 2)), isLost }).broken).toContain('two lost c')
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
  [
    'one id that was told two seqs',
    {
      ...good,
      sent: [...good.sent, { id: 'c', daemon: 'two', sentAt: 6, seq: 4_096, acknowledgedAt: 14 }],
    },
    'two has c at 3072, and 4096 was told',
  ],
  [
    'a read that shows less than an earlier one of the same reader',
    withReads({ reader: 'hal', daemon: 'two', room: 'ops', newest: 0, askedAt: 17 }),
    'hal read ops up to 2048, and later up to 0: again at two',
  ],
  [
    'a read that shows less after its reader went to another daemon',
    withReads({ reader: 'hal', daemon: 'one', room: 'ops', newest: 0, askedAt: 17 }),
    'hal read ops up to 2048, and later up to 0: at two, then at one',
  ],
  [
    'a read that does not show what its daemon has acknowledged',
    withReads({ reader: 'new', daemon: 'two', room: 'ops', newest: 0, askedAt: 17 }),
    'new read ops up to 0 at two, which had acknowledged 2048',
  ],
  ['no daemon', { ...good, daemons: [] }, 'there is no daemon'],
])('it finds %s', (_, history, sentence) => {
  expect(judge(history).broken).toContain(sentence)
})
