import { describe, expect, test, vi } from 'vitest'
import type { ChatClient } from '../../src/client/client.ts'
import type { RoomView } from '../../src/client/room.ts'
import { seeded } from '../seeded.ts'
import { startServer } from '../server/peer.ts'
import { join, joined, until } from './session.ts'

async function pair(): Promise<{ alice: ChatClient; bob: ChatClient; told: RoomView; view: RoomView }> {
  const { port } = await startServer({})
  const [alice, bob] = [join(port, 'alice', ['dev']), join(port, 'bob', ['dev'])]
  return { alice, bob, told: await joined(alice, 'dev'), view: await joined(bob, 'dev') }
}

/** Says something and waits until both have it; the seq. */
async function say(alice: ChatClient, told: RoomView, bob: ChatClient, view: RoomView, text: string) {
  alice.say('dev', text)
  await until(alice, () => told.timeline.some(entry => entry.kind === 'message' && entry.text === text))
  await until(bob, () => view.timeline.some(entry => entry.kind === 'message' && entry.text === text))
  const entry = told.timeline.findLast(one => one.kind === 'message')
  return entry?.kind === 'message' ? entry.seq : 0
}

/** Waits until a client counts what the server tells; a read position is on its way for a moment. */
async function agree(bob: ChatClient, view: RoomView): Promise<void> {
  await vi.waitFor(
    async () => {
      const told = await bob.listRooms(false)
      if (!told.ok) throw new Error(told.error.message)
      const { read, unread, mentions } = view
      expect(told.value.find(({ room }) => room === 'dev')).toMatchObject({ read, unread, mentions })
    },
    { timeout: 5_000, interval: 50 },
  )
}

describe('unread counts are those of the server', () => {
  test('an unread message that its author deletes is no longer counted', async () => {
    const { alice, bob, told, view } = await pair()
    const seq = await say(alice, told, bob, view, 'hi @bob')
    await say(alice, told, bob, view, 'again')
    expect(view).toMatchObject({ unread: 2, mentions: 1 })
    alice.delete('dev', seq)
    await until(bob, () => view.unread === 1)
    expect(view).toMatchObject({ unread: 1, mentions: 0 })
  })

  test('one that is edited to mention me is a mention, and the other way round', async () => {
    const { alice, bob, told, view } = await pair()
    const seq = await say(alice, told, bob, view, 'hi all')
    alice.edit('dev', seq, 'hi @bob')
    await until(bob, () => view.mentions === 1)
    alice.edit('dev', seq, 'hi carol')
    await until(bob, () => view.mentions === 0)
    expect(view.unread).toBe(1)
  })

  test('a change to a message that is not loaded is counted by the server', async () => {
    const { port } = await startServer({})
    const alice = join(port, 'alice', ['dev'])
    const told = await joined(alice, 'dev')
    let session = ''
    const other = join(port, 'carol', ['dev'])
    other.subscribe(event => {
      if (event.type === 'session') session = event.session
    })
    await joined(other, 'dev')
    await other.close()
    for (let n = 0; n < 300; n++) alice.say('dev', `${n} @carol`)
    await until(alice, () => !alice.hasUnsent)
    const seqs = told.timeline.flatMap(entry => (entry.kind === 'message' ? [entry.seq] : []))
    const carol = join(port, 'carol', ['dev'], { session })
    const view = await joined(carol, 'dev')
    await until(carol, () => view.unread === 300)
    expect(view.messageAt(seqs[0] ?? 0)).toBeUndefined()
    alice.delete('dev', seqs[0] ?? 0)
    await until(carol, () => view.unread === 299 && view.mentions === 299)
  })

  test.each([1, 2, 3])('over messages, edits, deletions and reading in any order (seed %i)', async seed => {
    const { alice, bob, told, view } = await pair()
    const random = seeded(seed)
    for (let n = 0; n < 120; n++) {
      const messages = told.timeline.flatMap(entry =>
        entry.kind === 'message' && entry.deleted === undefined ? [entry.seq] : [],
      )
      const target = messages[Math.floor(random() * messages.length)] ?? 0
      const what = random()
      if (target === 0 || what < 0.5) alice.say('dev', random() < 0.4 ? `${n} @bob` : `${n}`)
      else if (what < 0.7) alice.edit('dev', target, random() < 0.5 ? `${n} @bob edited` : `${n} edited`)
      else if (what < 0.85) alice.delete('dev', target)
      else if (view.messageAt(target) !== undefined) bob.markRead('dev', target)
      if (random() < 0.3) await until(alice, () => !alice.hasUnsent)
    }
    await until(alice, () => !alice.hasUnsent)
    await agree(bob, view)
  })
})

test('what calls a person is set on all devices, and the mentions are listed', async () => {
  const { port } = await startServer({})
  const alice = join(port, 'alice', ['dev'])
  const told = await joined(alice, 'dev')
  const bob = join(port, 'bob', ['dev'])
  let secret: string | undefined
  bob.subscribe(event => {
    if (event.type === 'session') secret = event.session
  })
  const view = await joined(bob, 'dev')
  const phone = join(port, 'bob', ['dev'], { session: secret })
  const there = await joined(phone, 'dev')
  expect(await bob.setNotify('dev', { muted: true })).toMatchObject({ ok: true })
  expect(view.notify).toEqual({ level: undefined, muted: true })
  await until(phone, () => there.notify.muted)
  await phone.setNotify('dev', { level: 'all', muted: false })
  await until(bob, () => view.notify.level === 'all' && !view.notify.muted)
  expect(await bob.setNotify('dev', { level: 'default' })).toMatchObject({ ok: true })
  expect(view.notify).toEqual({ level: undefined, muted: false })
  await until(phone, () => there.notify.level === undefined)
  expect(await bob.setNotify('nowhere', { muted: true })).toMatchObject({ ok: false })
  await say(alice, told, bob, view, 'hi @bob')
  await say(alice, told, bob, view, 'hi')
  expect(await bob.mentions()).toMatchObject({ ok: true, value: { hits: [{ message: 'hi @bob' }] } })
})
