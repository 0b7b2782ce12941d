import { mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openForWriting } from '../../src/server/log/sqlite/database.ts'
import { KillableDaemon } from '../crash/daemon.ts'
import { seeded } from '../seeded.ts'
import { temporaryDirectory } from '../server/directory.ts'
import { Peer } from '../server/peer.ts'

const EVENTS = 30_000
const ROOMS = 100
const KILLS = 10
/** The layout before `room_events` and `event_ids`. */
const LAYOUT = 10
/** A daemon is killed at most so long after it was started, or after it listens, ms. */
const LONGEST = 300

/** A log of that layout, as a daemon of its time left it when it was killed: the order of rooms is behind. */
function makeOlderLog(file: string): void {
  const database = openForWriting(file, 'epoch')
  const counted = (count: number): string =>
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`
  database.exec(`
    BEGIN;
    DROP TABLE room_events; DROP VIEW earlier_room_events;
    DROP TABLE event_ids; DROP VIEW earlier_event_ids;
    ALTER TABLE rooms DROP COLUMN topic_seq;
    ALTER TABLE log RENAME COLUMN filled TO ordered;
    CREATE UNIQUE INDEX events_of_room ON events (room, seq);
    CREATE UNIQUE INDEX events_by_id ON events (author, id) WHERE id IS NOT NULL;
    INSERT INTO names (key, name, spoke) VALUES ('old', 'old', 1);
    ${counted(ROOMS)} INSERT INTO rooms (key, name, skeleton) SELECT 'room' || i, 'room' || i, 'room' || i FROM n;
    ${counted(EVENTS)} INSERT INTO events (seq, room, prev, ts, author, action, id, text)
      SELECT i, i % ${ROOMS} + 1, max(0, i - ${ROOMS}), 1, 1, 'chat', 'old-' || i, 'said ' || i FROM n;
    UPDATE log SET last = ${EVENTS}, ordered = ${EVENTS - 1_000};
    UPDATE rooms SET last = (SELECT max(seq) FROM events WHERE room = number AND seq <= ${EVENTS - 1_000});
    PRAGMA user_version = ${LAYOUT};
    COMMIT;
  `)
  database.close()
}

test('a log of the layout before is taken over while its daemon is killed again and again', async () => {
  const directory = temporaryDirectory()
  const file = `${directory}/chatd.db`
  mkdirSync(directory, { recursive: true })
  makeOlderLog(file)
  const random = seeded(23)
  const daemon = new KillableDaemon(directory)
  const said: string[] = []
  let kills = 0
  while (kills < KILLS) {
    // Every other one is killed before it listens, at any moment of its start.
    const started = daemon.start()
    const wait = random() * LONGEST
    if (kills % 2 === 0) {
      await Promise.race([started.catch(() => undefined), new Promise(resolve => setTimeout(resolve, wait))])
    } else {
      await started
      const peer = await Peer.full(daemon, 'alice')
      await peer.ask({ action: 'joinroom', room: 'room1' })
      const until = performance.now() + wait
      for (let n = 0; n === 0 || performance.now() < until; n++) {
        const message = `${kills}-${n}`
        const ok = await peer.ask({ action: 'chat', room: 'room1', message, id: `new-${message}` })
        expect(ok.action).toBe('ok')
        said.push(message)
      }
    }
    await daemon.end('SIGKILL')
    await started.catch(() => undefined)
    kills++
  }
  await daemon.start()
  const peer = await Peer.full(daemon, 'alice')
  await peer.ask({ action: 'joinroom', room: 'room1' })
  // Ids from before each kill are still known.
  const last = said.at(-1) ?? ''
  const repeat = { action: 'chat', room: 'room1', message: last, id: `new-${last}` }
  expect(await peer.ask(repeat)).toMatchObject({ action: 'ok' })
  expect(await daemon.check()).toMatchObject({ isWell: true, text: expect.stringContaining('integrity: ok') })
  await daemon.end('SIGTERM')
  const events = await daemon.export('room1')
  expect(events.map(({ message }) => message)).toEqual([
    ...Array.from({ length: EVENTS / ROOMS }, (_, n) => `said ${(n + 1) * ROOMS}`),
    ...said,
  ])
  const others = await Promise.all(['room2', 'room100'].map(room => daemon.export(room)))
  expect(others.map(({ length }) => length)).toEqual([EVENTS / ROOMS, EVENTS / ROOMS])
  const database = new DatabaseSync(file, { readOnly: true })
  expect(database.prepare('SELECT last - filled AS behind FROM log').get()).toEqual({ behind: 0 })
  database.close()
}, 180_000)
