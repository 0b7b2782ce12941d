import { expect, test } from 'vitest'
import type { ChatClient } from '../../src/client/client.ts'
import { Room, type RoomView } from '../../src/client/room.ts'
import type { MessageEntry } from '../../src/client/timelineEntry.ts'
import { seeded } from '../seeded.ts'
import { startOperated } from '../server/operator.ts'
import { join, joined, until } from './session.ts'

const STEPS = 250
const EMOJI = ['👍', '🎉', 'constructor']

function messagesOf(room: RoomView): MessageEntry[] {
  return room.timeline.filter(entry => entry.kind === 'message')
}

/** A timeline with its reactions as lists: their order counts too. */
function inOrder({ timeline }: RoomView): unknown[] {
  return timeline.map(entry =>
    entry.kind === 'message' ? { ...entry, reactions: Object.entries(entry.reactions) } : entry,
  )
}

/** The position up to which a room knows the log: a change of an old message adds no entry. */
function lastOf(room: RoomView | undefined): number | undefined {
  return room instanceof Room ? room.log.last : undefined
}

/** Makes a random request in a room; a refused one changes nothing. */
function act(client: ChatClient, room: RoomView, n: number, random: () => number): void {
  const messages = messagesOf(room)
  const target = messages[Math.floor(random() * messages.length)]
  const mine = messages.filter(({ from, deleted }) => from === client.username && deleted === undefined)
  const own = mine[Math.floor(random() * mine.length)]
  const what = random()
  if (target === undefined || what < 0.4) client.say('dev', `${client.username} ${n}`, target?.seq)
  else if (what < 0.6) client.edit('dev', own?.seq ?? target.seq, `edited ${n}`)
  else if (what < 0.7) client.delete('dev', own?.seq ?? target.seq)
  else if (what < 0.95) {
    const emoji = EMOJI[Math.floor(random() * EMOJI.length)] ?? ''
    client.react('dev', target.seq, emoji, random() < 0.7)
  } else client.setTopic('dev', `topic ${n}`)
}

test.each([1, 2])(
  'state plus events equals fresh state: a client that saw the events live and one that pages them in have equal timelines (seed %i)',
  async seed => {
    const { port, log } = await startOperated()
    const random = seeded(seed)
    const people = ['alice', 'bob', 'carol'].map(name => join(port, name, ['dev']))
    const rooms = await Promise.all(people.map(client => joined(client, 'dev')))
    for (let n = 0; n < STEPS; n++) {
      people.forEach((client, i) => {
        const room = rooms[i]
        if (room !== undefined && random() < 0.5) act(client, room, n, random)
      })
      if (random() < 0.5) await new Promise(resolve => setTimeout(resolve, 1))
    }
    const [first] = rooms
    if (first === undefined) throw new Error('three people')
    for (const [i, client] of people.entries()) {
      await until(client, () => !client.hasUnsent)
      for (const { id } of rooms[i]?.outbox ?? []) client.discard(id)
    }
    for (const [i, client] of people.entries()) {
      await until(client, () => lastOf(rooms[i]) === log.last)
      expect(inOrder(rooms[i] ?? first)).toEqual(inOrder(first))
    }

    // Pages while changes go on: live changes are folded into later pages, and changes of pages into held messages.
    const late = join(port, 'dora', ['dev'])
    const view = await joined(late, 'dev')
    const [alice] = people
    for (let n = STEPS; view.moreBefore; n++) {
      late.loadBefore('dev')
      if (alice !== undefined) act(alice, first, n, random)
      await until(late, () => !view.loadingBefore)
    }
    if (alice !== undefined) await until(alice, () => !alice.hasUnsent)
    await until(late, () => lastOf(view) === log.last)
    expect(inOrder(view)).toEqual(inOrder(first))
    expect(messagesOf(view).some(entry => entry.edited !== undefined)).toBe(true)
    expect(messagesOf(view).some(entry => entry.deleted !== undefined)).toBe(true)
    expect(messagesOf(view).some(entry => Object.keys(entry.reactions).length > 0)).toBe(true)
  },
  60_000,
)
