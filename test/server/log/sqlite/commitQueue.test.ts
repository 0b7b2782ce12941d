import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { Result } from '../../../../src/protocol/errors.ts'
import type { EventEntry, SessionChange } from '../../../../src/server/log/entries.ts'
import type { Committed } from '../../../../src/server/log/log.ts'
import { CommitQueue, type CommitQueueOptions } from '../../../../src/server/log/sqlite/commitQueue.ts'
import type { Batch, Outcome } from '../../../../src/server/log/sqlite/messages.ts'
import { eventOf } from '../../../../src/server/log/sqlite/storedEvent.ts'

/** A queue whose writer is this test. */
class Bench {
  readonly posted: Batch[] = []
  readonly told: (readonly Committed[])[] = []
  readonly settled: string[] = []
  readonly queue: CommitQueue
  #seq = 0

  constructor(options: Pick<CommitQueueOptions, 'gathers'> = {}) {
    this.queue = new CommitQueue({
      ...options,
      post: batch => this.posted.push(batch),
      stored: (entry, place) => eventOf(entry, place, 'epoch'),
      tell: events => this.told.push(events),
      now: () => 7,
    })
  }

  /** Appends a message; what became of it is in `settled`. */
  say(message: string, origin?: object): void {
    this.queue.append(entryOf(message), result => this.settled.push(shown(message, result)), origin)
  }

  /** The writer stores all of the batch that it has. */
  store(): void {
    const batch = this.posted.at(-1)
    if (batch === undefined) throw new Error('no batch was posted')
    this.queue.committed(
      batch.entries.map((entry): Outcome => {
        if (entry.kind !== 'event') return { kind: 'applied' }
        this.#seq++
        return { kind: 'stored', seq: this.#seq, ts: batch.ts, prev: this.#seq - 1 }
      }),
    )
  }
}

function entryOf(message: string): EventEntry {
  return {
    kind: 'event',
    roomKey: 'dev',
    roomName: 'dev',
    from: 'alice',
    body: { action: 'chat', message },
  }
}

function shown(message: string, result: Result<{ readonly seq: number }>): string {
  return result.ok ? `${message}: ${result.value.seq}` : `${message}: ${result.error.code}`
}

function began(number: number): SessionChange {
  return { kind: 'began', name: 'Alice', session: { number, hash: `${number}`, person: 'alice', began: 0 } }
}

describe('a commit queue that gathers', () => {
  const messages = ({ posted }: Bench) =>
    posted.map(({ entries }) =>
      entries.map(entry =>
        entry.kind === 'event' && entry.body.action === 'chat' ? entry.body.message : '',
      ),
    )

  test('takes what waits together with what those say who were just answered', async () => {
    const bench = new Bench({ gathers: true })
    bench.say('a1')
    bench.say('b1')
    await vi.waitFor(() => expect(bench.posted).toHaveLength(1))
    bench.say('c1')
    bench.store()
    // Without that, the one that waits would have gone alone.
    expect(bench.posted).toHaveLength(1)
    bench.say('a2')
    bench.say('b2')
    await turn()
    expect(messages(bench)).toEqual([
      ['a1', 'b1'],
      ['c1', 'a2', 'b2'],
    ])
  })

  test('does not wait for them long, and not at all where nothing waits', async () => {
    const bench = new Bench({ gathers: true })
    bench.say('a1')
    await vi.waitFor(() => expect(bench.posted).toHaveLength(1))
    bench.say('b1')
    bench.store()
    await vi.waitFor(() => expect(bench.posted).toHaveLength(2))
    bench.store()
    bench.say('a2')
    await turn()
    expect(messages(bench)).toEqual([['a1'], ['b1'], ['a2']])
    const drained = bench.queue.drain()
    bench.say('b2')
    bench.store()
    await vi.waitFor(() => expect(bench.posted).toHaveLength(4))
    bench.store()
    await drained
    expect(bench.settled).toEqual(['a1: 1', 'b1: 2', 'a2: 3', 'b2: 4'])
  })
})

describe('a commit queue', () => {
  test('a sender and a subscriber that throw stop neither the others nor the queue', async () => {
    const bugs: unknown[] = []
    const posted: Batch[] = []
    const settled: string[] = []
    const queue = new CommitQueue({
      post: batch => posted.push(batch),
      stored: (entry, position) => eventOf(entry, position, 'epoch'),
      tell: () => {
        throw new Error('a subscriber')
      },
      onBug: error => bugs.push(error),
    })
    queue.append(entryOf('one'), () => {
      throw new Error('a sender')
    })
    queue.append(entryOf('two'), result => settled.push(shown('two', result)))
    await turn()
    queue.append(entryOf('three'), result => settled.push(shown('three', result)))
    queue.committed([1, 2].map(seq => ({ kind: 'stored', seq, ts: 0, prev: seq - 1 })))
    expect(settled).toEqual(['two: 2'])
    expect(bugs.map(String)).toEqual(['Error: a sender', 'Error: a subscriber'])
    expect(posted[1]?.entries).toEqual([entryOf('three')])
  })

  test('posts what one tick brought as one batch, and the next when that one has come back', async () => {
    const bench = new Bench()
    bench.say('a')
    bench.say('b')
    expect(bench.posted).toEqual([])
    await turn()
    expect(bench.posted).toEqual([{ ts: 7, firstSeq: undefined, entries: [entryOf('a'), entryOf('b')] }])
    expect(bench.queue.committing).toBe(2)
    bench.say('c')
    await turn()
    expect(bench.posted).toHaveLength(1)
    bench.store()
    expect(bench.settled).toEqual(['a: 1', 'b: 2'])
    expect(bench.posted.at(-1)?.entries).toEqual([entryOf('c')])
    bench.store()
    expect(bench.queue.committing).toBe(0)
  })

  test('what is late with the writer does not come soon, and is stored all the same', async () => {
    const bench = new Bench()
    bench.say('a')
    await turn()
    expect(bench.queue.committing).toBe(1)
    await vi.waitFor(() => expect(bench.queue.committing).toBe(0))
    bench.store()
    expect(bench.settled).toEqual(['a: 1'])
  })

  test('settles all of a batch before it tells of its events, each with its origin', async () => {
    const bench = new Bench()
    const origin = {}
    bench.say('a', origin)
    bench.say('b')
    await turn()
    bench.store()
    expect(bench.settled).toHaveLength(2)
    expect(bench.told).toHaveLength(1)
    expect(bench.told[0]?.map(({ event, origin: from }) => [event.seq, from])).toEqual([
      [1, origin],
      [2, undefined],
    ])
  })

  test('bounds a batch by count and by bytes, and lets one large entry through', async () => {
    const bench = new Bench()
    for (let i = 0; i < 600; i++) bench.say('x')
    await turn()
    expect(bench.posted.at(-1)?.entries).toHaveLength(512)
    bench.store()
    expect(bench.posted.at(-1)?.entries).toHaveLength(88)
    bench.store()
    bench.say('x'.repeat(300 * 1024))
    bench.say('y')
    await turn()
    expect(bench.posted.at(-1)?.entries).toHaveLength(1)
    bench.store()
    expect(bench.posted.at(-1)?.entries).toHaveLength(1)
  })

  test('a repeat gets the first answer, a refusal its error, and subscribers hear of neither', async () => {
    const bench = new Bench()
    bench.say('a')
    bench.say('b')
    await turn()
    bench.queue.committed([
      { kind: 'repeat', first: { seq: 5, ts: 1 } },
      { kind: 'refused', error: { code: 'id_reused', message: 'used' } },
    ])
    expect(bench.settled).toEqual(['a: 5', 'b: id_reused'])
    expect(bench.told).toEqual([])
  })

  test('a batch that failed is refused, and the next goes on', async () => {
    const bench = new Bench()
    bench.say('a')
    await turn()
    bench.say('b')
    bench.queue.failed('the disk is full')
    expect(bench.settled).toEqual(['a: storage_unavailable'])
    bench.store()
    expect(bench.settled).toEqual(['a: storage_unavailable', 'b: 1'])
  })

  test('owes a session change that failed, and stores it before what comes next', async () => {
    const bench = new Bench()
    bench.queue.changeSession(began(1))
    await turn()
    bench.queue.failed('the disk is full')
    bench.say('a')
    await turn()
    expect(bench.posted.at(-1)?.entries).toEqual([began(1), entryOf('a')])
    bench.store()
    const drained = bench.queue.drain()
    await drained
    expect(bench.posted).toHaveLength(2)
  })

  test('is busy with much waiting, refuses events with far too much, and never session changes', async () => {
    const bench = new Bench()
    for (let i = 0; i <= 16_384; i++) bench.say('')
    expect(bench.queue.isBusy()).toBe(true)
    bench.say('too much')
    expect(bench.settled).toEqual(['too much: storage_unavailable'])
    bench.queue.changeSession(began(1), {
      settled: result => bench.settled.push(`session: ${result.ok}`),
    })
    await turn()
    expect(bench.settled).toHaveLength(1)
  })

  test('drains: resolves when everything that waits is settled', async () => {
    const bench = new Bench()
    bench.say('a')
    let isDrained = false
    const drained = bench.queue.drain().then(() => {
      isDrained = true
    })
    await turn()
    expect(isDrained).toBe(false)
    bench.store()
    await drained
    expect(bench.settled).toEqual(['a: 1'])
  })

  test('without a writer refuses what waits, what was posted, and what comes', async () => {
    const bench = new Bench()
    bench.say('a')
    await turn()
    bench.say('b')
    bench.queue.breakOff()
    bench.say('c')
    expect(bench.settled).toEqual(['a', 'b', 'c'].map(message => `${message}: storage_unavailable`))
    await turn()
    expect(bench.posted).toHaveLength(1)
  })
})
