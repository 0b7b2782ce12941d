import { afterEach, expect, test, vi } from 'vitest'
import { typedKey } from '../../../src/tui/input/key.ts'
import { createClock } from '../../../src/tui/model/clock.ts'
import { initialState } from '../../../src/tui/model/state.ts'
import { Store } from '../../../src/tui/screen/store.ts'
import { FakeClient, type FakeRoom, NOON } from '../fakeClient.ts'

const stores: Store[] = []
afterEach(() => {
  for (const store of stores.splice(0)) store.close()
  vi.useRealTimers()
})

/** A store over a lobby, with fake time, and how often it drew. */
function storeOf(prepare: (client: FakeClient) => void = () => undefined) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  const client = new FakeClient()
  const lobby = client.open('lobby')
  prepare(client)
  const told: unknown[] = []
  const store = new Store(initialState({ columns: 80, rows: 24 }, NOON), {
    client,
    clock: createClock('UTC'),
    now: () => NOON,
    actions: { suspend: () => undefined, redraw: () => undefined, quit: () => undefined },
    onRoomsChanged: (rooms, current) => told.push([rooms, current]),
    onComposed: () => undefined,
  })
  stores.push(store)
  let drawn = 0
  store.subscribe(() => drawn++)
  return { store, client, lobby, told, drawn: () => drawn }
}

function shown(store: Store): string {
  const { frame } = store.snapshot()
  return [...(frame?.timeline ?? []), ...(frame?.composer ?? [])]
    .map(row => row.map(({ text }) => text).join(''))
    .join('\n')
}

function flood(client: FakeClient, lobby: FakeRoom, count: number): void {
  for (let at = 0; at < count; at++) client.receive(lobby, 'alice', `message ${at}`)
}

test('the first arrival is shown at once, a flood behind it in few frames', async () => {
  const { store, client, lobby, drawn } = storeOf()
  client.receive(lobby, 'alice', 'the first')
  await Promise.resolve()
  expect(shown(store)).toContain('the first')
  const before = drawn()
  for (let burst = 0; burst < 10; burst++) {
    flood(client, lobby, 100)
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(drawn() - before).toBe(0)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(shown(store)).toContain('message 99')
  expect(drawn() - before).toBeLessThanOrEqual(2)
})

test('a key is shown at once, also in the middle of a flood', async () => {
  const { store, client, lobby, drawn } = storeOf()
  flood(client, lobby, 10)
  await Promise.resolve()
  flood(client, lobby, 10)
  const before = drawn()
  store.dispatch({ type: 'key', key: typedKey('x') })
  expect(drawn()).toBe(before + 1)
  expect(shown(store)).toContain('me › x')
})

test('what we say is in the frame of the key that said it', () => {
  const { store, client, lobby } = storeOf()
  flood(client, lobby, 3)
  for (const char of 'hi') store.dispatch({ type: 'key', key: typedKey(char) })
  store.dispatch({ type: 'key', key: { name: 'enter', ctrl: false, alt: false, shift: false } })
  expect(shown(store)).toMatch(/me .* hi +… (sending|waiting)/)
})

test('nothing is drawn and no timer runs while nothing happens; while the line is down one a second does', async () => {
  const { client, drawn } = storeOf()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(drawn()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
  client.setLink({ status: 'waiting', attempt: 1, retryAt: NOON + 10_000, reason: 'x' })
  await vi.advanceTimersByTimeAsync(5_100)
  expect(drawn()).toBeGreaterThanOrEqual(5)
  client.setLink({ status: 'online', since: NOON })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(vi.getTimerCount()).toBe(0)
})

test('the rooms are told when they change, and only then', () => {
  const { store, client, told } = storeOf()
  expect(told).toEqual([[['lobby'], 'lobby']])
  store.dispatch({ type: 'key', key: typedKey('x') })
  expect(told).toHaveLength(1)
  client.open('dev')
  store.dispatch({ type: 'opened', room: 'dev' })
  expect(told.at(-1)).toEqual([['lobby', 'dev'], 'dev'])
})

test('what cannot be said comes back', () => {
  const { store, client } = storeOf()
  client.say = () => ({ ok: false, error: { code: 'message_too_long', message: 'too long' } })
  store.dispatch({ type: 'key', key: typedKey('x') })
  store.dispatch({ type: 'key', key: { name: 'enter', ctrl: false, alt: false, shift: false } })
  expect(shown(store)).toContain('me › x')
})
