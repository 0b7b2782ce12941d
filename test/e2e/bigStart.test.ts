import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openForWriting } from '../../src/server/log/sqlite/database.ts'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, runChatd } from './programs.ts'

/** The heap that a small machine gives; the state below would take several times as much if it were held. */
const NODE_OPTIONS = '--max-old-space-size=64'
const MANY = 250_000

/** Rooms with a message each, names and sessions, as an attack of an hour leaves them; straight into the tables, which is quick. */
function fill(file: string): void {
  const database = openForWriting(file, 'epoch')
  const counted = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})`
  database.exec(`
    PRAGMA synchronous = OFF;
    BEGIN;
    ${counted} INSERT INTO names (key, name, spoke) SELECT 'name' || i, 'name' || i, 1 FROM n;
    ${counted} INSERT INTO rooms (key, name, last, skeleton) SELECT 'room' || i, 'room' || i, i, 'room' || i FROM n;
    ${counted} INSERT INTO sessions (number, hash, person, began, used, holds) SELECT i, 'hash' || i, i, 0, 20000, 1 FROM n;
    ${counted} INSERT INTO events (seq, room, prev, ts, author, action, text, session)
      SELECT i, i, 0, ${Date.now()}, i, 'chat', 'hello', i FROM n;
    INSERT INTO room_events SELECT room, seq FROM events;
    UPDATE log SET last = ${MANY}, filled = ${MANY}, session = ${MANY}, indexed = ${MANY};
    COMMIT;
  `)
  database.close()
}

test('1: a start, a stop and the commands of the operator are bounded, however many rooms, names and sessions there are', async () => {
  const home = new Home({ NODE_OPTIONS })
  mkdirSync(home.join('data'))
  fill(home.join('data', 'chatd.db'))
  const chatd = await Chatd.start(home)
  const alice = await Peer.full(chatd, 'alice')
  expect(await alice.ask({ action: 'joinroom', room: `room${MANY}` })).toMatchObject({ last: MANY })
  const page = await alice.ask({ action: 'rooms', all: true, limit: 3 })
  expect((page['rooms'] as { room: string }[]).map(({ room }) => room)).toEqual([
    `room${MANY}`,
    `room${MANY - 1}`,
    `room${MANY - 2}`,
  ])
  expect((await alice.ask({ action: 'chat', room: `room${MANY}`, message: 'here' })).action).toBe('ok')
  const data = ['--data', home.join('data')]
  // Looking at every room for it, once a minute, is done in turns.
  const retained = runChatd(home, 'retain', '--days', '30', '--yes', ...data)
  for (let n = 0; n < 20; n++)
    expect((await alice.ask({ action: 'chat', room: `room${MANY}`, message: `${n}` })).action).toBe('ok')
  expect((await retained).code).toBe(0)
  expect((await runChatd(home, 'export', 'room7', ...data)).code).toBe(0)
  expect((await runChatd(home, 'user', 'list', ...data)).code).toBe(0)
  expect(await chatd.end('SIGKILL')).toBeNull()
  await chatd.startAgain()
  expect((await Peer.full(chatd, 'bob')).of('welcome')).toHaveLength(1)
  expect(await chatd.end('SIGTERM')).toBe(0)
  expect((await runChatd(home, 'retain', '--days', '60', '--yes', ...data)).code).toBe(0)
}, 180_000)
