import { describe, expect, test } from 'vitest'
import { MemoryLog } from '../log/memoryLog.ts'
import { eventually, Peer, type Received, type Server, startServer } from '../peer.ts'

const seqs = (frames: readonly Received[]): unknown[] => frames.map(frame => frame['seq'])

/** A member of the room that says `count` messages, and the seqs that they got. */
async function talk(
  server: Server,
  room: string,
  count: number,
  message = 'm',
): Promise<{ alice: Peer; all: number[] }> {
  const alice = await Peer.full(server, `alice-${room}`)
  await alice.ask({ action: 'joinroom', room })
  for (let i = 1; i <= count; i++) alice.send({ action: 'chat', room, message: `${message} ${i}` })
  await alice.until(() => alice.of('chat').length === count)
  return { alice, all: alice.of('chat').map(frame => Number(frame['seq'])) }
}

/** Counts what replays ask for. */
class CountingLog extends MemoryLog {
  asked = 0

  override read(...of: Parameters<MemoryLog['read']>): ReturnType<MemoryLog['read']> {
    this.asked++
    return super.read(...of)
  }

  override missed(...of: Parameters<MemoryLog['missed']>): ReturnType<MemoryLog['missed']> {
    this.asked++
    return super.missed(...of)
  }
}

/** A daemon that does not have yet what another one of its log has told a client. */
class BehindLog extends MemoryLog {
  asked = 0
  readonly come = Promise.withResolvers<boolean>()

  override reach(seq: number): Promise<boolean> {
    this.asked = seq
    return this.come.promise
  }
}

describe('joining and resuming', () => {
  test('without since only new events come', async () => {
    const server = await startServer()
    const { alice, all } = await talk(server, 'dev', 3)
    const bob = await Peer.full(server, 'bob')
    expect(await bob.ask({ action: 'joinroom', room: 'dev' })).toMatchObject({
      first: all[0],
      last: all[2],
      read: all[2],
    })
    await alice.ask({ action: 'chat', room: 'dev', message: 'live' })
    await bob.next('chat')
    expect(bob.of('chat').map(frame => frame['message'])).toEqual(['live'])
  })

  test('with since exactly the missed events come, from any position', async () => {
    const server = await startServer()
    const { alice, all } = await talk(server, 'dev', 20)
    const last = all[19] ?? 0
    for (const since of [0, all[0], all[10], all[18], last]) {
      const bob = await Peer.full(server, `bob${since}`)
      await bob.ask({ action: 'joinroom', room: 'dev', since })
      await alice.ask({ action: 'chat', room: 'dev', message: `end ${since}` })
      await bob.wait(frame => frame['message'] === `end ${since}`)
      const ends = alice.of('chat').filter(frame => String(frame['message']).startsWith('end'))
      expect(seqs(bob.of('chat'))).toEqual(
        [...all, ...ends.map(frame => Number(frame['seq']))].filter(seq => seq > Number(since)),
      )
      expect(bob.of('gap')).toEqual([])
    }
  })

  test('another epoch, or a since beyond the end, is ignored', async () => {
    const server = await startServer()
    const { all } = await talk(server, 'dev', 3)
    for (const [name, resume] of [
      ['bob', { since: 1, epoch: 'another' }],
      ['carl', { since: (all[2] ?? 0) + 1 }],
    ] as const) {
      const peer = await Peer.full(server, name)
      await peer.ask({ action: 'joinroom', room: 'dev', ...resume })
      await peer.settled()
      expect(peer.of('chat')).toEqual([])
    }
  })

  test('a client that holds more than its daemon waits until that has it, and then resumes', async () => {
    const log = new BehindLog()
    const server = await startServer({}, log)
    const { alice, all } = await talk(server, 'dev', 3)
    const since = (all[2] ?? 0) + 1
    const bob = await Peer.full(server, 'bob')
    const { epoch } = await bob.next('welcome')
    bob.send({ action: 'joinroom', room: 'dev', since, epoch, id: 'join' })
    await eventually(() => log.asked === since)
    // Its answer would be another one now, and so it has none yet.
    await alice.ask({ action: 'chat', room: 'dev', message: 'what bob holds' })
    expect(bob.of('ok', 'error')).toEqual([])
    log.come.resolve(true)
    expect(await bob.next('ok')).toMatchObject({ id: 'join', last: since })
    await alice.ask({ action: 'chat', room: 'dev', message: 'live' })
    await bob.wait(frame => frame['message'] === 'live')
    expect(bob.of('chat')).toHaveLength(1)
  })

  test('one whose daemon stays behind is sent away, and comes back or goes to another one', async () => {
    const log = new BehindLog()
    log.come.resolve(false)
    const bob = await Peer.full(await startServer({}, log), 'bob')
    const { epoch } = await bob.next('welcome')
    bob.send({ action: 'joinroom', room: 'dev', since: 9, epoch, id: 'join' })
    expect(await bob.next('error')).toMatchObject({
      id: 'join',
      code: 'storage_unavailable',
      retryAfter: 1_000,
      fatal: true,
    })
    await bob.ended()
  })

  test('a return to a room asks the log nothing where nothing was missed, and once where little was', async () => {
    const log = new CountingLog()
    const server = await startServer({}, log)
    const { all } = await talk(server, 'dev', 3)
    for (const [since, asked] of [
      [all[2], 0],
      [all[0], 1],
    ]) {
      log.asked = 0
      const bob = await Peer.full(server, `bob${since}`)
      await bob.ask({ action: 'joinroom', room: 'dev', since })
      await bob.until(() => bob.of('chat').length === (asked === 0 ? 0 : 2))
      await bob.settled()
      expect(log.asked).toBe(asked)
    }
  })

  test('too much missed: a gap, then the newest hundred, and history fills the gap', async () => {
    const server = await startServer()
    const { all } = await talk(server, 'dev', 1_103)
    const since = all[1] ?? 0
    const bob = await Peer.full(server, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev', since })
    await bob.until(() => bob.of('chat').length === 100)
    expect(bob.of('gap')).toEqual([
      { action: 'gap', room: 'dev', after: since, before: all[1_003], reason: 'long' },
    ])
    expect(seqs(bob.of('chat'))).toEqual(all.slice(-100))
    const missed: unknown[] = []
    for (let after: number = since; after < (all[1_002] ?? 0); ) {
      const page = await bob.ask({ action: 'history', room: 'dev', after, limit: 200 })
      const events = (page['events'] as Received[]).filter(event => Number(event['seq']) < (all[1_003] ?? 0))
      missed.push(...seqs(events))
      after = Number(missed.at(-1))
    }
    expect(missed).toEqual(all.slice(2, 1_003))
  })

  test('a thousand missed are no gap, a mebibyte is', async () => {
    const server = await startServer()
    const { all } = await talk(server, 'dev', 1_000)
    const bob = await Peer.full(server, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev', since: 0 })
    await bob.until(() => bob.of('chat').length === 1_000)
    expect(seqs(bob.of('chat'))).toEqual(all)
    const { all: big } = await talk(server, 'big', 70, 'x'.repeat(16_000))
    await bob.ask({ action: 'joinroom', room: 'big', since: 0 })
    await bob.until(() => bob.of('gap').length === 1)
    await bob.wait(frame => frame['seq'] === big.at(-1))
    expect(bob.of('gap')).toMatchObject([{ reason: 'long', after: 0 }])
  })

  test('events that are no longer kept: an expired gap up to first', async () => {
    const server = await startServer({}, new MemoryLog({ eventsKept: 10 }))
    const { all } = await talk(server, 'dev', 40)
    const bob = await Peer.full(server, 'bob')
    const { first } = await bob.ask({ action: 'joinroom', room: 'dev', since: all[2] })
    const kept = all.filter(seq => seq >= Number(first))
    await bob.wait(frame => frame['seq'] === all.at(-1))
    expect(bob.of('gap')).toEqual([
      { action: 'gap', room: 'dev', after: all[2], before: first, reason: 'expired' },
    ])
    expect(seqs(bob.of('chat'))).toEqual(kept)
    expect(kept.length).toBeGreaterThanOrEqual(10)
    expect(kept.length).toBeLessThan(40)
    // A client that holds the event before the first has missed nothing.
    const carl = await Peer.full(server, 'carl')
    await carl.ask({ action: 'joinroom', room: 'dev', since: all[all.indexOf(Number(first)) - 1] })
    await carl.wait(frame => frame['seq'] === all.at(-1))
    expect(carl.of('gap')).toEqual([])
  })

  test('no seam: resuming while others speak loses nothing and doubles nothing', async () => {
    const server = await startServer()
    const { alice } = await talk(server, 'dev', 100)
    const readers: Peer[] = []
    let speaking = true
    const spoken = (async () => {
      for (let i = 0; speaking; i++) {
        for (let n = 0; n < 20; n++) alice.send({ action: 'chat', room: 'dev', message: `live ${i}.${n}` })
        await new Promise(resolve => setImmediate(resolve))
      }
    })()
    for (let i = 0; i < 12; i++) {
      const reader = await Peer.full(server, `reader${i}`)
      const newest = Number(alice.of('chat').at(-1)?.['seq'])
      await reader.ask({ action: 'joinroom', room: 'dev', since: Math.max(0, newest - 500) })
      readers.push(reader)
    }
    speaking = false
    await spoken
    const { seq } = await alice.ask({ action: 'chat', room: 'dev', message: 'end' })
    for (const reader of readers) {
      await reader.wait(frame => frame['seq'] === seq)
      const got = reader.of('chat')
      const held = alice.of('chat').filter(frame => Number(frame['seq']) >= Number(got[0]?.['seq']))
      await alice.wait(frame => frame['seq'] === seq)
      expect(seqs(got)).toEqual(seqs(held))
      got.slice(1).forEach((frame, i) => {
        expect(frame['prev']).toBe(got[i]?.['seq'])
      })
    }
  })

  test('a second joinroom while the first still replays starts over and goes live once', async () => {
    const server = await startServer()
    const { alice, all } = await talk(server, 'dev', 900)
    const bob = await Peer.full(server, 'bob')
    bob.send({ action: 'joinroom', room: 'dev', since: 0, id: 'a' })
    await bob.ask({ action: 'joinroom', room: 'dev', since: all[897] })
    await alice.ask({ action: 'chat', room: 'dev', message: 'live' })
    await bob.wait(frame => frame['message'] === 'live')
    await bob.settled()
    expect(bob.of('chat').filter(frame => frame['message'] === 'live')).toHaveLength(1)
    expect(seqs(bob.of('chat').slice(-3, -1))).toEqual(all.slice(-2))
  })
})
