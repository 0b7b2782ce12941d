import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { makeBase } from '../../src/server/admin/makeBase.ts'
import { connectToBrokers } from '../../src/server/log/jetstream/brokers.ts'
import type { Scene } from './run.ts'

/** Each is trimmed up to where the one before has cut the stream: the daemon that is away lacks what is gone. */
const BASES = 4

/** Stores bases of a daemon that goes on serving. */
export async function storeBases({
  brokers,
  stream,
  daemons,
  directories,
  startAfresh,
}: Pick<Scene, 'brokers' | 'stream' | 'daemons' | 'directories' | 'startAfresh'>): Promise<void> {
  const [away] = daemons
  await away?.end('SIGKILL')
  const named = brokers.brokersOf(stream)
  const connection = await connectToBrokers(named, 'test')
  try {
    for (let n = 0; n < BASES; n++) {
      await makeBase(connection, named, join(directories[1] ?? '', 'chatd.db'), 0)
      await startAfresh(2)
      await wait(500)
    }
  } finally {
    await connection.close()
  }
  await away?.start()
}
