import { expect, test } from 'vitest'
import { seeded } from '../seeded.ts'
import { Peer, type Received, startServer } from '../server/peer.ts'
import { lineBefore } from './lineBefore.ts'
import { join, joined, messages, until } from './session.ts'

const PEOPLE = ['alice', 'bob', 'carol', 'dave']
const ROOMS = ['dev', 'ops']
const SAID = 40

test.each([1, 2, 3])(
  'after any number of cuts every timeline equals the log, and everything said is in it once and in order (seed %i)',
  async seed => {
    const server = await startServer()
    const random = seeded(seed)
    const proxies = await Promise.all(
      PEOPLE.map(() => lineBefore(server.port, { random, cut: 0.04, delay: 4, halve: 0.3 })),
    )
    const clients = proxies.map((proxy, i) => join(proxy.port, PEOPLE[i] ?? '', ROOMS))
    for (let n = 0; n < SAID; n++) {
      for (const client of clients) {
        const room = ROOMS[Math.floor(random() * ROOMS.length)] ?? 'dev'
        expect(client.say(room, `${client.username} ${n}`).ok).toBe(true)
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
      const log = await reader.ask({ action: 'history', room, after: 0, limit: 200 })
      const events = log['events'] as Received[]
      const said = events.map(({ seq, from, message }) => ({ seq, from, text: message }))
      stored += said.length
      for (const client of clients) {
        const view = await joined(client, room)
        await until(client, () => {
          const last = view.timeline.at(-1)
          return (
            last?.kind === 'message' &&
            last.seq === said.at(-1)?.seq &&
            !view.timeline.some(entry => entry.kind === 'gap')
          )
        })
        expect(messages(view.timeline)).toEqual(said)
        expect(view.outbox).toEqual([])
      }
      for (const name of PEOPLE) {
        const numbers = said
          .filter(({ from }) => from === name)
          .map(({ text }) => Number(String(text).split(' ')[1]))
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
      }
    }
    expect(stored).toBe(PEOPLE.length * SAID)
    expect(proxies.reduce((sum, { cuts }) => sum + cuts, 0)).toBeGreaterThan(10)
  },
  60_000,
)
