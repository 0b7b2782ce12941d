import { onTestFinished } from 'vitest'
import type { ChatClient, ClientEvent, ClientOptions } from '../../src/client/client.ts'
import { createClient } from '../../src/client/core.ts'
import type { RoomView } from '../../src/client/room.ts'
import type { TimelineEntry } from '../../src/client/timelineEntry.ts'

const PATIENCE = 15_000

/** A client that is connecting to a port of loopback; closed with the test. */
export function join(
  port: number,
  username: string,
  rooms: readonly string[],
  more: Partial<ClientOptions> = {},
): ChatClient {
  const client = createClient({ host: '127.0.0.1', port, username, clientName: 'test', rooms, ...more })
  onTestFinished(() => client.close())
  client.start()
  return client
}

/** Waits until the client's state gives something; looks at every change. */
export function until<T>(client: ChatClient, condition: () => T | undefined | false): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end()
      reject(new Error(`waited in vain; link ${JSON.stringify(client.link)}`))
    }, PATIENCE)
    const look = (): void => {
      const value = condition()
      if (value === undefined || value === false) return
      end()
      resolve(value)
    }
    const unsubscribe = client.subscribe(look)
    const end = (): void => {
      clearTimeout(timer)
      unsubscribe()
    }
    look()
  })
}

/** A room that the client has joined and knows the newest page of. */
export function joined(client: ChatClient, key: string): Promise<RoomView> {
  return until(client, () => {
    const room = client.rooms.get(key)
    return room?.status === 'joined' ? room : undefined
  })
}

/** The texts of a room's timeline; other entries by their kind in brackets. */
export function texts(room: Pick<RoomView, 'timeline'>): string[] {
  return room.timeline.map(entry =>
    entry.kind === 'message' ? (entry.text ?? '[deleted]') : `[${entry.kind}]`,
  )
}

/** Everything that a client tells, from now on. */
export function record(client: ChatClient): ClientEvent[] {
  const events: ClientEvent[] = []
  client.subscribe(event => events.push(event))
  return events
}

/** The messages of a timeline, as what they are compared by. */
export function messages(
  entries: readonly TimelineEntry[],
): { seq: number; from: string; text: string | undefined }[] {
  return entries.flatMap(entry =>
    entry.kind === 'message' ? [{ seq: entry.seq, from: entry.from, text: entry.text }] : [],
  )
}
