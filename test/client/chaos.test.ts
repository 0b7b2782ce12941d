import { expect, test } from 'vitest'
import { seeded } from '../seeded.ts'
import { Peer, type Received, startServer } from '../server/peer.ts'
import { lineBefore } from './lineBefore.ts'
import { join, joined, messages, until } from './session.ts'

const PEOPLE = ['alice', 'bob', 'carol', 'dave']
const ROOMS = ['dev', 'ops']
/** Each says so much at least, and goes on until there were enough cuts: on a slow machine more goes in one write. */
const SAID = 40
const CUTS = 10
const PAGE = 200

/** All that was said in a room, in order. */
async function eventsOf(reader: Peer, room: string): Promise<readonly Received[]> {
  const events: Received[] = []
  for (;;) {
    const after = Number(events.at(-1)?.['seq'] ?? 0)
    const page = await reader.ask({ action: 'history', room, after, limit: PAGE })
    const more = page['events'] as Received[]
    events.push(...more)
    if (more.length < PAGE) return events
  }
}

test.each([1, 2, 3])(
  'after any number of cuts every timeline equals the log, and everything said is in it once and in order (seed %i)',
  async seed => {
    const server = await startServer()
    const random = seeded(seed)
    const proxies = await Promise.all(
      PEOPLE.map(() => lineBefore(server.port, { random, cut: 0.04, delay: 4, halve: 0.3 })),
    )
    const clients = proxies.map((proxy, i) => join(proxy.port, PEOPLE[i] ?? '', ROOMS))
    const cuts = (): number => proxies.reduce((sum, proxy) => sum + proxy.cuts, 0)
    let said = 0
    for (; said < SAID || cuts() <= CUTS; said++) {
      for (const client of clients) {
        const room = ROOMS[Math.floor(random() * ROOMS.length)] ?? 'dev'
        expect(client.say(room, `${client.username} ${said}`).ok).toBe(true)
        client.reconnectNow()
        await new Promise(resolve => setTimeout(resolve, random() * 4))
      }
    }
    for (const proxy of proxies) proxy.calm()
    for (const client of clients) {
      client.reconnectNow()
      await until(client, () => {
        if (client.link.status === 'waiting') client.reconnectNow()
        return !client.hasUnsent
      })
    }

    const reader = await Peer.full(server, 'reader')
    let stored = 0
    for (const room of ROOMS) {
      await reader.ask({ action: 'joinroom', room })
      const events = await eventsOf(reader, room)
      const logged = events.map(({ seq, from, message }) => ({ seq, from, text: message }))
      stored += logged.length
      for (const client of clients) {
        const view = await joined(client, room)
        await until(client, () => {
          const last = view.timeline.at(-1)
          return (
            last?.kind === 'message' &&
            last.seq === logged.at(-1)?.seq &&
            !view.timeline.some(entry => entry.kind === 'gap')
          )
        })
        expect(messages(view.timeline)).toEqual(logged)
        expect(view.outbox).toEqual([])
      }
      for (const name of PEOPLE) {
        const numbers = logged
          .filter(({ from }) => from === name)
          .map(({ text }) => Number(String(text).split(' ')[1]))
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
      }
    }
    expect(stored).toBe(PEOPLE.length * said)
  },
  60_000,
)
