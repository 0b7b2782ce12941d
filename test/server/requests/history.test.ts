import { expect, test } from 'vitest'
import { Peer, type Received, startServer } from '../peer.ts'

const said = (page: Received): unknown[] => (page['events'] as Received[]).map(event => event['message'])

test('history pages before, after, around and from both ends, and says where more is', async () => {
  const server = await startServer()
  const peer = await Peer.full(server, 'alice')
  await peer.ask({ action: 'joinroom', room: 'dev' })
  await peer.ask({ action: 'joinroom', room: 'other' })
  // Seqs of one room are not dense: another room takes some of them.
  for (let i = 0; i < 10; i++) {
    peer.send({ action: 'chat', room: 'other', message: 'x' })
    peer.send({ action: 'chat', room: 'dev', message: String(i) })
  }
  await peer.until(() => peer.of('chat').length === 20)
  const seqs = peer.of('chat').flatMap(frame => (frame['room'] === 'dev' ? [Number(frame['seq'])] : []))
  const page = (at: object): Promise<Received> => peer.ask({ action: 'history', room: 'dev', ...at })
  const [s3 = 0, s5 = 0] = [seqs[3], seqs[5]]

  const newest = await page({ limit: 3 })
  expect([said(newest), newest['moreBefore'], newest['moreAfter']]).toEqual([['7', '8', '9'], true, false])
  const before = await page({ before: s3 })
  expect([said(before), before['moreBefore'], before['moreAfter']]).toEqual([['0', '1', '2'], false, true])
  const after = await page({ after: s5, limit: 2 })
  expect([said(after), after['moreBefore'], after['moreAfter']]).toEqual([['6', '7'], true, true])
  expect(said(await page({ after: 0, limit: 2 }))).toEqual(['0', '1'])
  expect(said(await page({ around: s5, limit: 5 }))).toEqual(['3', '4', '5', '6', '7'])
  // A position between two events is as good as one of an event.
  expect(said(await page({ after: s5 - 1, limit: 1 }))).toEqual(['5'])
  expect(said(await page({ before: 0 }))).toEqual([])
  expect(await page({ after: (seqs.at(-1) ?? 0) + 1 })).toMatchObject({ code: 'not_found' })
  expect(await page({ before: 1, after: 1 })).toMatchObject({ code: 'bad_frame' })
  expect(await page({ limit: 201 })).toMatchObject({ code: 'bad_frame' })
  expect(newest['first']).toBe(seqs[0])
})

test('an answer is cut to what a line may hold, and says that there is more', async () => {
  const server = await startServer()
  const peer = await Peer.full(server, 'alice')
  await peer.ask({ action: 'joinroom', room: 'big' })
  // Escapes make these six times as long on the wire as in the log.
  for (let i = 0; i < 30; i++)
    peer.send({ action: 'chat', room: 'big', message: `${i} ${'\u0001'.repeat(10_000)}` })
  await peer.until(() => peer.of('chat').length === 30)
  for (const [at, edge] of [
    [{}, -1],
    [{ after: 0 }, 0],
  ] as const) {
    const page = await peer.ask({ action: 'history', room: 'big', ...at })
    const events = page['events'] as Received[]
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(512 * 1024)
    expect(events.length).toBeGreaterThan(5)
    expect(events.at(edge)?.['seq']).toBe(peer.of('chat').at(edge)?.['seq'])
    expect(page[edge === 0 ? 'moreAfter' : 'moreBefore']).toBe(true)
  }
  const target = Number(peer.of('chat')[12]?.['seq'])
  const page = await peer.ask({ action: 'history', room: 'big', around: target })
  expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(512 * 1024)
  const seqs = (page['events'] as Received[]).map(({ seq }) => Number(seq))
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  expect(seqs.slice(2, -2)).toContain(target)
  expect(page).toMatchObject({ moreBefore: true, moreAfter: true })
})
