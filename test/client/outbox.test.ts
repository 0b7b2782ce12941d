import { expect, test } from 'vitest'
import { Outbox } from '../../src/client/outbox.ts'
import type { EventRequest } from '../../src/protocol/requests.ts'

const MINUTE = 60_000

/** An outbox with a clock and a line of the test's own, and what it sent. */
function outbox({ now = () => 0, isUp = () => true }: Partial<Options> = {}): {
  readonly box: Outbox
  readonly sent: string[]
} {
  const sent: string[] = []
  const send = (request: EventRequest): boolean => {
    if (isUp()) sent.push(request.id ?? '')
    return isUp()
  }
  return { box: new Outbox({ send, changed: () => undefined }, undefined, now), sent }
}

interface Options {
  readonly now: () => number
  readonly isUp: () => boolean
}

function say(box: Outbox, id: string, room = 'dev'): void {
  box.add(room, { action: 'chat', room, message: id, id })
}

function states(box: Outbox): string[] {
  return box
    .of('dev')
    .map(({ id, state }) => `${id} ${state.status === 'failed' ? state.message : state.status}`)
}

test('each room sends one entry at a time, in order; between rooms there is no order', () => {
  const { box, sent } = outbox()
  for (const id of ['a', 'b']) say(box, id)
  say(box, 'c', 'ops')
  expect(sent).toEqual(['a', 'c'])
  box.acknowledge('a', 1, 1)
  expect(sent).toEqual(['a', 'c', 'b'])
})

test('an entry that is refused for good is marked, and the next one is sent', () => {
  const { box, sent } = outbox()
  for (const id of ['a', 'b']) say(box, id)
  box.refuse('a', 'forbidden', 'not here', undefined)
  expect(sent).toEqual(['a', 'b'])
  expect(states(box)).toEqual(['a not here', 'b sending'])
})

test('an entry of more than ten minutes ago waits, with all behind it, until the user retries', () => {
  let now = 0
  let isUp = false
  const { box, sent } = outbox({ now: () => now, isUp: () => isUp })
  say(box, 'old')
  now = 9 * MINUTE
  say(box, 'young')
  now = 11 * MINUTE
  isUp = true
  box.pump('dev')
  expect(sent).toEqual([])
  expect(states(box)).toEqual(['old not sent for ten minutes; send it again or discard it', 'young waiting'])

  // Once more, while the connection is lost again for that long.
  isUp = false
  box.retry('old', 'new id')
  now = 22 * MINUTE
  isUp = true
  box.pump('dev')
  expect(sent).toEqual([])
  box.retry('old', 'new id')
  expect(sent).toEqual(['old'])
  box.acknowledge('old', 1, now)
  expect(states(box)[1]).toBe('young not sent for ten minutes; send it again or discard it')
  box.discard('young')
  expect(states(box)).toEqual(['old sent'])
})

test('an entry from the future waits too, since the clock was set back; a second makes no difference', () => {
  let now = 60 * MINUTE
  let isUp = false
  const { box, sent } = outbox({ now: () => now, isUp: () => isUp })
  say(box, 'a')
  isUp = true
  now -= MINUTE
  box.pump('dev')
  expect(states(box)).toEqual(['a the clock went back since it was said; send it again or discard it'])
  box.retry('a', 'new id')
  box.acknowledge('a', 1, now)
  isUp = false
  say(box, 'b')
  isUp = true
  now -= 1_000
  box.pump('dev')
  expect(sent).toEqual(['a', 'b'])
})
