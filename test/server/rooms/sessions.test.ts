import { expect, test } from 'vitest'
import { type Result, refuse, success } from '../../../src/protocol/errors.ts'
import type { SessionChange } from '../../../src/server/log/entries.ts'
import type { SessionChangeOptions, SessionStore } from '../../../src/server/log/log.ts'
import { Sessions } from '../../../src/server/rooms/sessions.ts'
import { OWN_SHARE } from '../../../src/server/shares.ts'

const FULL = refuse('storage_unavailable', 'the disk is full')

/** A store that answers when the test says so, and keeps what it owes, as the log does. */
class Store implements SessionStore {
  readonly owed: SessionChange[] = []
  /** Those that a client waits for. */
  readonly changes: SessionChange[] = []
  readonly #waiting: ((result: Result<undefined>) => void)[] = []

  #lastSession = 0

  reserveSession(): number {
    return ++this.#lastSession
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

  changeSession(change: SessionChange, { settled }: SessionChangeOptions = {}): void {
    if (settled === undefined) return void this.owed.push(change)
    this.changes.push(change)
    this.#waiting.push(settled)
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
