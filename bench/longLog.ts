import { logFile } from '../src/server/dataDirectory.ts'
import { noteCleanStop } from '../src/server/log/sqlite/cleanStop.ts'
import { openForWriting } from '../src/server/log/sqlite/database.ts'
import { Writer } from '../src/server/log/sqlite/worker/writer.ts'

const BATCH = 5_000
const WORDS = ['build', 'deploy', 'green', 'red', 'lunch', 'test', 'server', 'client', 'review', 'merge']

/**
 * Writes messages into the log of an unused data directory, and indexes them, as the daemon would. Message n, counted
 * from 1, is in the room that `roomOf` names. Every tenth message has the same first word; each has its own `n123`.
 */
export function fillLog(directory: string, events: number, roomOf: (n: number) => string): void {
  const database = openForWriting(logFile(directory), 'bench')
  // No client waits for these messages, so the disk need not confirm them.
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
  noteCleanStop(logFile(directory))
}
