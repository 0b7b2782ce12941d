import { logFile } from '../src/server/dataDirectory.ts'
import { openForWriting } from '../src/server/log/sqlite/database.ts'
import { Writer } from '../src/server/log/sqlite/worker/writer.ts'

const BATCH = 5_000
const WORDS = ['build', 'deploy', 'green', 'red', 'lunch', 'test', 'server', 'client', 'review', 'merge']

/**
 * Fills the log of an unused data directory with so many messages, indexed, as the daemon would: the n-th, from 1,
 * in the room that `roomOf` names. Every tenth has the same first word, and each a word of its own, `n123`.
 */
export function fillLog(directory: string, events: number, roomOf: (n: number) => string): void {
  const database = openForWriting(logFile(directory), 'bench')
  // No caller waits for these.
  database.exec('PRAGMA synchronous = OFF')
  const writer = new Writer(database)
  const say = (n: number) => {
    const roomKey = roomOf(n)
    const words = [WORDS[n % 10], WORDS[(n >> 3) % 10], WORDS[(n >> 5) % 10], `n${n}`]
    const body = { action: 'chat', message: `${words.join(' ')} and what people say besides` } as const
    return { kind: 'event', roomKey, roomName: roomKey, from: `user${n % 50}`, body } as const
  }
  for (let n = 1; n <= events; n += BATCH)
    writer.commit({ ts: Date.now(), entries: Array.from({ length: BATCH }, (_, i) => say(n + i)) })
  while (writer.indexMore());
  database.close()
}
