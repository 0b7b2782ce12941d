import { describe, expect, test } from 'vitest'
import { MEASURED } from '../../bench/simulate/costs.ts'
import { Agenda, Thread } from '../../bench/simulate/events.ts'
import { POINTS } from '../../bench/simulate/measured.ts'
import { most, outlook, type Plan } from '../../bench/simulate/plan.ts'
import { Random } from '../../bench/simulate/random.ts'
import { simulateSharedLog } from '../../bench/simulate/sharedLog.ts'

describe('a simulation', () => {
  test('lets what comes happen in the order of its time, and of its coming', () => {
    const agenda = new Agenda()
    const happened: string[] = []
    for (const [at, name] of [
      [3, 'c'],
      [1, 'a'],
      [2, 'b1'],
      [2, 'b2'],
      [9, 'too late'],
    ] as const)
      agenda.after(at, () => happened.push(`${name} at ${agenda.now}`))
    agenda.run(5)
    expect(happened).toEqual(['a at 1', 'b1 at 2', 'b2 at 2', 'c at 3'])
    expect(agenda.now).toBe(5)
  })

  test('a thread does one thing after the other', () => {
    const agenda = new Agenda()
    const thread = new Thread(agenda)
    const done: number[] = []
    for (const seconds of [2, 1]) thread.work(seconds, () => done.push(agenda.now))
    agenda.run(10)
    expect(done).toEqual([2, 3])
    expect(thread.busy).toBe(3)
  })

  test('waiting times have the median and the slowest percent that were asked for', () => {
    const random = new Random(7)
    const times = Array.from({ length: 20_000 }, () => random.waiting(2, 7)).sort((a, b) => a - b)
    expect(times[10_000]).toBeCloseTo(2, 1)
    expect(times[19_800]).toBeGreaterThan(6.3)
    expect(times[19_800]).toBeLessThan(7.7)
  })
})

describe('a shared log on paper', () => {
  test.each(POINTS)('has what was measured with $inFlight in flight, within 1.5 times', point => {
    const load = { writers: 1, followers: 1, inFlight: point.inFlight, seconds: 10 }
    const simulated = simulateSharedLog(load, MEASURED)
    for (const ratio of [
      simulated.perSecond / point.perSecond,
      (simulated.p50 * 1e3) / point.p50,
      (simulated.elsewhereP50 * 1e3) / point.elsewhereP50,
    ]) {
      expect(ratio).toBeGreaterThan(1 / 1.55)
      expect(ratio).toBeLessThan(1.5)
    }
  })

  test('comes to the same each time, and to something else by another seed', () => {
    const load = { writers: 3, perSecond: 500, seconds: 2 }
    expect(simulateSharedLog(load, MEASURED)).toEqual(simulateSharedLog(load, MEASURED))
    expect(simulateSharedLog({ ...load, seed: 2 }, MEASURED)).not.toEqual(simulateSharedLog(load, MEASURED))
  })

  test('settles what is offered as long as it can, and then no more', () => {
    const offered = (perSecond: number): number =>
      simulateSharedLog({ writers: 3, perSecond, seconds: 4 }, MEASURED).perSecond
    expect(offered(5_000) / 5_000).toBeCloseTo(1, 1)
    expect(offered(60_000)).toBeLessThan(25_000)
  })

  test('a daemon that does not fold waits for the stream alone', () => {
    const load = { inFlight: 1, seconds: 5 } as const
    const folding = simulateSharedLog({ ...load, writers: 1 }, MEASURED)
    const edge = simulateSharedLog({ ...load, writers: 0, edges: 1 }, MEASURED)
    expect(edge.p50).toBeLessThan(folding.p50)
    expect(edge.foldBusy).toBe(0)
  })
})

describe('a plan', () => {
  const plan: Plan = {
    layout: 'whole',
    connections: 10_000,
    messagesPerSecond: 1_000,
    online: 20,
    daemons: 3,
    streams: 1,
  }

  test('holds where nothing runs out, and names what would be the first', () => {
    const { holds, use, first } = outlook(plan, MEASURED)
    expect(holds).toBe(true)
    expect(use[first]).toBe(Math.max(...Object.values(use)))
  })

  test('with too many connections it is memory', () => {
    const { holds, first } = outlook({ ...plan, connections: 600_000 }, MEASURED)
    expect({ holds, first }).toEqual({ holds: false, first: 'memory' })
  })

  test('with more daemons the main threads carry more, until one stream is not enough', () => {
    const limits = [1, 3, 10].map(daemons =>
      most({ ...plan, daemons, connections: daemons * 10_000 }, MEASURED),
    )
    expect(limits.map(({ first }) => first)).toEqual(['mainThread', 'mainThread', 'foldThread'])
    expect(limits[1]?.messagesPerSecond).toBeGreaterThan((limits[0]?.messagesPerSecond ?? 0) * 2)
  })

  test('homes take the folding from the daemons that hold connections', () => {
    const big = { ...plan, connections: 1_000_000, messagesPerSecond: 100_000, daemons: 100, streams: 16 }
    expect(outlook(big, MEASURED).holds).toBe(false)
    expect(outlook({ ...big, layout: 'homes' }, MEASURED).holds).toBe(true)
  })
})
