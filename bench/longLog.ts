import { randomUUIDv7 } from 'node:crypto'
import { logFile } from '../src/server/dataDirectory.ts'
import type { Entry } from '../src/server/log/entries.ts'
import { noteCleanStop } from '../src/server/log/sqlite/cleanStop.ts'
import { openForWriting } from '../src/server/log/sqlite/database.ts'
import { Writer } from '../src/server/log/sqlite/worker/writer.ts'

const BATCH = 5_000
const WORDS = ['build', 'deploy', 'green', 'red', 'lunch', 'test', 'server', 'client', 'review', 'merge']
/** What makes millions of events fast to write; negative: KiB. */
const FILLING = `
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -1000000;
  PRAGMA wal_autocheckpoint = 100000;
`

/** What the messages of a filled log have beside their texts. */
export interface Filling {
  /** How many people said them. */
  readonly authors: number
  /** With the ids of requests, as clients make them. */
  readonly hasIds: boolean
}

/**
 * Writes messages into the log of an unused data directory, and indexes them, as the daemon would. Message n, counted
 * from 1, is in the room that `roomOf` names. Every tenth message has the same first word; each has its own `n123`.
 */
export function fillLog(
  directory: string,
  events: number,
  roomOf: (n: number) => string,
  { authors, hasIds }: Filling = { authors: 50, hasIds: false },
): void {
  const say = (n: number): Entry => {
    const roomKey = roomOf(n)
    const words = [WORDS[n % 10], WORDS[(n >> 3) % 10], WORDS[(n >> 5) % 10], `n${n}`]
    const body = { action: 'chat', message: `${words.join(' ')} and what people say besides` } as const
    const id = hasIds ? randomUUIDv7() : undefined
    return { kind: 'event', roomKey, roomName: roomKey, from: `user${n % authors}`, id, body }
  }
  addEntries(directory, events, n => say(n + 1))
}

/** Applies entries to the log of a data directory that no daemon uses, and indexes them. The first is `entryOf(0)`. */
export function addEntries(directory: string, count: number, entryOf: (n: number) => Entry): void {
  const database = openForWriting(logFile(directory), 'bench')
  // No client waits for these entries, so the disk need not confirm them.
  database.exec(FILLING)
  const writer = new Writer(database)
  for (let n = 0; n < count; n += BATCH) {
    const length = Math.min(BATCH, count - n)
    writer.commit({ ts: Date.now(), entries: Array.from({ length }, (_, i) => entryOf(n + i)) })
  }
  while (writer.indexMore());
  database.close()
  noteCleanStop(logFile(directory))
}

/** Two words that stand in messages of a filled log. */
export function twoWords(): string {
  const word = (): string => WORDS[Math.floor(Math.random() * WORDS.length)] ?? ''
  const first = word()
  let second = word()
  while (second === first) second = word()
  return `${first} ${second}`
}
