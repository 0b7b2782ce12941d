import { expect, test, vi } from 'vitest'
import { type Result, refuse, success } from '../../../src/protocol/errors.ts'
import type { AppliedChange } from '../../../src/server/log/applied.ts'
import type { SessionChange } from '../../../src/server/log/entries.ts'
import type { Log, SessionChangeOptions, SessionStore } from '../../../src/server/log/log.ts'
import { Sessions } from '../../../src/server/rooms/sessions.ts'
import { OWN_SHARE } from '../../../src/server/shares.ts'

const FULL = refuse('storage_unavailable', 'the disk is full')

/** A store that answers when the test says so, and keeps what it owes, as the log does. */
class Store implements SessionStore, Pick<Log, 'onApplied'> {
  readonly owed: SessionChange[] = []
  /** Those that a client waits for. */
  readonly changes: SessionChange[] = []
  readonly #waiting: ((result: Result<undefined>) => void)[] = []
  readonly #listeners: ((applied: AppliedChange) => void)[] = []

  readonly #owing: (() => void)[] = []
  #lastSession = 0

  reserveSession(): number {
    return ++this.#lastSession
  }

  freshSession(): Promise<number> {
    return Promise.resolve(this.reserveSession())
  }

  openSession(): undefined {
    return undefined
  }

  oldestSession(): undefined {
    return undefined
  }

  sessionOf(): undefined {
    return undefined
  }

  onForgotten(): () => void {
    return () => undefined
  }

  onApplied(listener: (applied: AppliedChange) => void): () => void {
    this.#listeners.push(listener)
    return () => undefined
  }

  changeSession(change: SessionChange, { settled, kept, origin }: SessionChangeOptions = {}): void {
    if (settled === undefined) {
      this.owed.push(change)
      this.#owing.push(() => {
        this.apply(change, origin)
        kept?.()
      })
      return
    }
    this.changes.push(change)
    this.#waiting.push(result => {
      if (result.ok) this.apply(change, origin)
      settled(result)
    })
  }

  /** Applies a change: without an origin as one of another daemon. */
  apply(change: SessionChange, origin?: object): void {
    if (change.kind === 'began') return
    for (const listener of this.#listeners) listener({ kind: 'session', change, origin })
  }

  /** Stores what it owes. */
  pay(): void {
    for (const stored of this.#owing.splice(0)) stored()
  }

  answer(result: Result<undefined>): void {
    for (const settled of this.#waiting.splice(0)) settled(result)
  }
}

function prepared() {
  const store = new Store()
  const sessions = new Sessions(store, { sessionsOfPerson: 3, sessions: 10 })
  const { session } = sessions.begin({ name: 'alice', began: 0, connected: [], share: OWN_SHARE })
  sessions.connect(session)
  store.owed.length = 0
  return { store, sessions, session }
}

test('a room that is joined first on a full disk is owed to the log', () => {
  const { store, sessions, session } = prepared()
  sessions.enlist(session, 'dev', 7)
  expect(store.owed).toEqual([{ kind: 'read', session: 1, roomKey: 'dev', seq: 7 }])
  store.pay()
  expect([...session.reads]).toEqual([['dev', 7]])
})

test('a refused read position is taken back, and a room that it would have listed too', async () => {
  const { store, sessions, session } = prepared()
  sessions.enlist(session, 'dev', 7)
  const moved = [sessions.moveRead(session, 'dev', 9), sessions.moveRead(session, '@bob', 3)]
  store.answer(FULL)
  expect((await Promise.all(moved)).map(({ ok }) => ok)).toEqual([false, false])
  expect([...session.reads]).toEqual([['dev', 7]])
})

test('a refusal does not undo what came after it', async () => {
  const { store, sessions, session } = prepared()
  sessions.enlist(session, 'dev', 7)
  const moved = sessions.moveRead(session, 'dev', 9)
  const left = sessions.leave(session, 'dev')
  store.answer(FULL)
  await Promise.all([moved, left])
  expect([...session.reads]).toEqual([])
})

test('a leave that was answered is owed to the log, unless the room was joined again', async () => {
  const { store, sessions, session } = prepared()
  sessions.enlist(session, 'dev', 7)
  sessions.enlist(session, 'ops', 7)
  store.owed.length = 0
  const left = [sessions.leave(session, 'dev'), sessions.leave(session, 'ops')]
  sessions.enlist(session, 'ops', 8)
  store.owed.length = 0
  store.answer(FULL)
  await Promise.all(left)
  expect(store.owed).toEqual([
    { kind: 'left', session: 1, roomKey: 'dev' },
    // What was set for it goes nevertheless.
    { kind: 'notify', session: 1, roomKey: 'ops', change: { level: 'default', muted: false } },
  ])
})

test('changes of what calls a person come in the order of the log; refused ones never show', async () => {
  const { store, sessions, session } = prepared()
  const refused = [
    sessions.setNotify(session, 'dev', { level: 'none' }),
    sessions.setNotify(session, 'dev', { muted: true }),
  ]
  expect([...session.notify]).toEqual([])
  store.answer(FULL)
  expect((await Promise.all(refused)).map(({ ok }) => ok)).toEqual([false, false])
  expect([...session.notify]).toEqual([])
  const set = sessions.setNotify(session, 'dev', { muted: true })
  store.answer(success(undefined))
  expect(await set).toEqual(success({ level: undefined, muted: true }))
  const back = sessions.setNotify(session, 'dev', { muted: false })
  store.answer(success(undefined))
  expect(await back).toEqual(success(undefined))
  expect([...session.notify]).toEqual([])
})

test('what is set goes with a leave, also of a room that another device left, or while a change is on its way', async () => {
  const { store, sessions, session } = prepared()
  const set = sessions.setNotify(session, 'dev', { muted: true })
  store.answer(success(undefined))
  await set
  store.changes.length = 0
  const left = sessions.leave(session, 'dev')
  store.answer(success(undefined))
  await left
  expect(store.changes).toEqual([{ kind: 'left', session: 1, roomKey: 'dev' }])
  sessions.enlist(session, 'ops', 1)
  const late = sessions.setNotify(session, 'ops', { muted: true })
  const leave = sessions.leave(session, 'ops')
  store.answer(success(undefined))
  await Promise.all([late, leave])
  expect([...session.notify]).toEqual([])
})

test('what the log takes stands', async () => {
  const { store, sessions, session } = prepared()
  const moved = sessions.moveRead(session, 'dev', 9)
  store.answer(success(undefined))
  await moved
  expect([...session.reads]).toEqual([['dev', 9]])
  expect(store.owed).toEqual([])
})

test('a session that two daemons hold comes to one state, and each hears of what the other did', async () => {
  const { store, sessions, session } = prepared()
  const told: unknown[] = []
  sessions.subscribe(({ roomKey, change, origin }) => told.push([roomKey, change, origin]))
  // The first position in a room puts it into the list: no connection here is in it.
  store.apply({ kind: 'read', session: 1, roomKey: 'dev', seq: 3 })
  expect(told).toEqual([])
  store.apply({ kind: 'read', session: 1, roomKey: 'dev', seq: 4 })
  store.apply({ kind: 'read', session: 1, roomKey: 'dev', seq: 4 })
  store.apply({ kind: 'notify', session: 1, roomKey: 'dev', change: { muted: true } })
  expect(told.splice(0)).toEqual([
    ['dev', { kind: 'read', seq: 4 }, undefined],
    ['dev', { kind: 'notify', notify: { level: undefined, muted: true } }, undefined],
  ])
  // One of this daemon is on its way: what the log applied before it is overtaken.
  const phone = {}
  const moved = sessions.moveRead(session, 'dev', 9, { origin: phone })
  store.apply({ kind: 'read', session: 1, roomKey: 'dev', seq: 5 })
  expect([...session.reads]).toEqual([['dev', 9]])
  store.answer(success(undefined))
  await moved
  expect([...session.reads]).toEqual([['dev', 9]])
  expect(told.splice(0)).toEqual([['dev', { kind: 'read', seq: 9 }, phone]])
  store.apply({ kind: 'read', session: 1, roomKey: 'dev', seq: 7 })
  expect([...session.reads]).toEqual([['dev', 7]])
  store.apply({ kind: 'left', session: 1, roomKey: 'dev' })
  expect([[...session.reads], [...session.notify]]).toEqual([[], []])
  store.apply({ kind: 'floor', session: 1, began: 20 })
  expect(session.began).toBe(20)
  // A refused one gives way to what the other daemon stored.
  const refused = sessions.moveRead(session, '@bob', 6, { origin: phone })
  store.apply({ kind: 'read', session: 1, roomKey: '@bob', seq: 8 })
  store.answer(FULL)
  await refused
  expect([...session.reads]).toEqual([['@bob', 8]])
})

test('read positions of a room are stored one a second, the newest; each is answered', async () => {
  const { store, sessions, session } = prepared()
  const began = performance.now()
  const all = Array.from({ length: 100 }, (_, n) => sessions.moveRead(session, 'dev', n + 1))
  const other = sessions.moveRead(session, 'ops', 1)
  expect([...session.reads]).toEqual([
    ['dev', 100],
    ['ops', 1],
  ])
  store.answer(success(undefined))
  await Promise.all([all[0], other])
  expect(store.changes.map(change => 'seq' in change && change.seq)).toEqual([1, 1])
  await vi.waitFor(() => expect(store.changes).toHaveLength(3), { timeout: 5_000 })
  expect(performance.now() - began).toBeGreaterThan(900)
  store.answer(success(undefined))
  expect((await Promise.all(all)).every(({ ok }) => ok)).toBe(true)
  expect(store.changes.at(-1)).toEqual({ kind: 'read', session: 1, roomKey: 'dev', seq: 100 })
  expect([...session.reads]).toEqual([
    ['dev', 100],
    ['ops', 1],
  ])
  // What waits when the room is left does not bring it back.
  const late = sessions.moveRead(session, 'dev', 101)
  const left = sessions.leave(session, 'dev')
  expect(await late).toEqual(success(undefined))
  store.answer(success(undefined))
  await left
  // What waits at the end is stored then.
  const last = sessions.moveRead(session, 'dev', 102)
  sessions.end()
  store.answer(success(undefined))
  expect(await last).toEqual(success(undefined))
  expect(store.changes.slice(3)).toEqual([
    { kind: 'left', session: 1, roomKey: 'dev' },
    { kind: 'read', session: 1, roomKey: 'dev', seq: 102 },
  ])
})
