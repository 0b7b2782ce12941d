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
  readonly #waiting: ((result: Result<undefined>) => void)[] = []

  readonly lastSession = 0

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
    if (settled === undefined) this.owed.push(change)
    else this.#waiting.push(settled)
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
  expect(store.owed).toEqual([{ kind: 'read', session: 1, roomKey: 'dev', seq: undefined }])
})

test('what the log takes stands', async () => {
  const { store, sessions, session } = prepared()
  const moved = sessions.moveRead(session, 'dev', 9)
  store.answer(success(undefined))
  await moved
  expect([...session.reads]).toEqual([['dev', 9]])
  expect(store.owed).toEqual([])
})
