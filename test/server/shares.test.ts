import { expect, test } from 'vitest'
import { FairQueue } from '../../src/server/shares.ts'

const taken = (queue: FairQueue<string>): string[] => {
  const all: string[] = []
  for (let work = queue.take(); work !== undefined; work = queue.take()) all.push(work)
  return all
}

test('addresses have turns, and within an address its people; each share keeps its order', () => {
  const queue = new FairQueue<string>()
  for (const n of [1, 2, 3]) queue.add({ address: 'a', person: 'mallory' }, `m${n}`)
  for (const n of [1, 2]) queue.add({ address: 'a', person: 'eve' }, `e${n}`)
  for (const n of [1, 2]) queue.add({ address: 'b', person: 'bob' }, `b${n}`)
  expect(queue.size).toBe(7)
  expect(taken(queue)).toEqual(['m1', 'b1', 'e1', 'b2', 'm2', 'e2', 'm3'])
  expect(queue.size).toBe(0)
})

test('one that had nothing waiting comes next, however much the others have', () => {
  const queue = new FairQueue<string>()
  for (let n = 0; n < 100; n++)
    for (let of = 0; of < 100; of++) queue.add({ address: `flood ${of}`, person: 'x' }, 'flood')
  for (let n = 0; n < 500; n++) queue.take()
  queue.add({ address: 'quiet', person: 'alice' }, 'alice')
  expect(queue.first()).toBe('alice')
  expect(queue.take()).toBe('alice')
})

test('a turn can be for several pieces of work, by their cost', () => {
  const queue = new FairQueue<string>(3)
  for (const n of [1, 2, 3, 4, 5]) queue.add({ address: 'a', person: 'mallory' }, `m${n}`)
  for (const n of [1, 2]) queue.add({ address: 'a', person: 'eve' }, `e${n}`, 2)
  for (const n of [1, 2, 3, 4]) queue.add({ address: 'b', person: 'bob' }, `b${n}`)
  expect(taken(queue).join(' ')).toBe('m1 m2 m3 b1 b2 b3 e1 e2 b4 m4 m5')
  expect([queue.size, queue.cost]).toEqual([0, 0])
})

test('that is for one turn: one that always has just one waiting does not keep the others waiting', () => {
  const queue = new FairQueue<string>()
  for (let n = 0; n < 10; n++) queue.add({ address: 'a', person: 'x' }, 'a')
  const order: string[] = []
  for (let n = 0; n < 10; n++) {
    queue.add({ address: 'b', person: 'y' }, 'b')
    order.push(queue.take() ?? '')
    order.push(queue.take() ?? '')
  }
  expect(order.filter(work => work === 'a').length).toBe(10)
})

test('heavy is a share that has its part of what waits, or more', () => {
  const queue = new FairQueue<string>()
  const flood = { address: 'a', person: 'mallory' }
  const beside = { address: 'a', person: 'eve' }
  const quiet = { address: 'b', person: 'bob' }
  for (let n = 0; n < 100; n++) queue.add(flood, 'flood', 16)
  for (const share of [beside, quiet]) queue.add(share, 'word')
  expect(queue.cost).toBe(1_602)
  expect([flood, beside, quiet].map(share => queue.isHeavy(share))).toEqual([true, false, false])
  expect(queue.isHeavy({ address: 'c', person: 'nothing waits' })).toBe(false)
})
