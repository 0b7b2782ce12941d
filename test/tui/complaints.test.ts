/** What users of other clients complain about most, each as a test. More of each is where its part of the screen is tested. */

import { expect, test } from 'vitest'
import { ACTIONS, MODES } from '../../src/tui/input/bindings.ts'
import { roomScreen } from '../../src/tui/model/state.ts'
import { frameOf } from '../../src/tui/select/frame.ts'
import { rowWidth } from '../../src/tui/select/row.ts'
import { NOON } from './fakeClient.ts'
import { startScreen } from './screens.ts'
import { Updates } from './update/world.ts'

const ENTER = '\r'
const CTRL_C = '\x03'
const CTRL_S = '\x13'
const CTRL_UP = '\x1b[1;5A'
const PASTE = (text: string): string => `\x1b[200~${text}\x1b[201~`

test('1. sent text vanishes when the link is half-dead: it stays, says that it waits, and is not sent twice', () => {
  const screen = new Updates()
  screen.client.link = { status: 'waiting', attempt: 1, retryAt: NOON + 5_000, reason: 'timeout' }
  screen.client.say('lobby', 'are you there?')
  const lobby = screen.client.rooms.get('lobby')
  if (lobby === undefined) throw new Error('no lobby')
  screen.client.settle(lobby, 0, { status: 'waiting' })
  screen.dispatch({ type: 'changed' })
  expect(screen.screen()).toMatch(/are you there\? +… waiting/)
  expect(screen.took().filter(({ type }) => type === 'say')).toEqual([])
})

test('2. gaps and duplicates after a reconnect: a gap is a row that says how much is missing', () => {
  const screen = new Updates(client => {
    const lobby = client.open('lobby')
    client.receive(lobby, 'alice', 'before')
    lobby.timeline.push({ kind: 'gap', after: 1, before: 14, reason: 'missed', loading: true })
    lobby.timeline.push({ ...client.receive(client.open('x'), 'alice', 'after'), seq: 14 })
  })
  expect(screen.screen()).toContain('up to 12 messages not loaded — loading…')
})

test('3. marked as read by accident: passing through a room reads nothing', () => {
  const screen = new Updates(client => {
    client.open('lobby')
    client.receive(client.open('dev'), 'alice', 'for you')
  })
  screen.dispatch({ type: 'focus', focused: true })
  screen.type('\x1b2')
  screen.wait(300)
  screen.type('\x1b1')
  screen.wait(10_000)
  expect(screen.took().filter(({ type }) => type === 'markRead')).toEqual([])
})

test('4. no way to find what matters: mentions stand first, and one key goes there', () => {
  const screen = new Updates(client => {
    client.open('lobby')
    client.open('noise', { unread: 99 })
    client.open('ops', { unread: 1, mentions: 1 })
  })
  screen.type('\x1ba')
  expect(screen.state.current).toBe('ops')
})

test('5. notifications of old messages at the start: what was there before does not call', () => {
  const screen = new Updates(client => {
    for (let n = 0; n < 30; n++) client.receive(client.rooms.get('dev') ?? client.open('dev'), 'bob', '@me')
  })
  screen.wait(60_000)
  expect(screen.took().filter(({ type }) => type === 'call')).toEqual([])
})

test('6. a slow start: the screen is there before the server is', () => {
  const screen = new Updates(client => {
    client.link = { status: 'connecting', attempt: 1 }
    client.receive(client.open('lobby', { status: 'joining' }), 'alice', 'from the cache')
  })
  expect(screen.screen()).toContain('from the cache')
  expect(screen.screen()).toContain('connecting')
})

test('7. flicker: a frame is never higher than the terminal', () => {
  for (const rows of [6, 12, 24, 60]) {
    const screen = new Updates(
      client => client.receive(client.open('lobby'), 'a', 'x\n'.repeat(200)),
      80,
      rows,
    )
    const frame = frameOf(screen.state, screen.world)
    const rules = frame?.rules === undefined ? 0 : 2
    expect((frame?.timeline.length ?? 0) + (frame?.composer.length ?? 0) + rules + 2).toBe(rows)
  }
})

test('8. wide characters break borders: rows keep their width with ☕, ❤️, 日本 and a name of emoji', () => {
  const screen = new Updates(client => {
    const lobby = client.open('☕', { topic: '❤️ 日本語' })
    client.receive(lobby, '日本', '☕ ❤️ 👨‍👩‍👧 日本語テキスト'.repeat(20))
    client.open('❤️')
  })
  const frame = frameOf(screen.state, screen.world)
  for (const row of [...(frame?.sidebar ?? []), ...(frame?.timeline ?? [])])
    expect(rowWidth(row)).toBeLessThanOrEqual(frame?.layout.pane ?? 0)
})

test('9. a paste floods the room: it goes into the composer, tells its size, and sends nothing', () => {
  const screen = new Updates()
  screen.type(PASTE('one\ntwo\nthree\n'))
  expect(screen.took().filter(({ type }) => type === 'say')).toEqual([])
  expect(screen.screen()).toContain('pasted 3 lines')
})

test('10. key conflicts: no key means two things in one mode', () => {
  for (const contexts of Object.values(MODES)) {
    const keys = ACTIONS.filter(({ context }) => (contexts as readonly string[]).includes(context)).map(
      ({ keys: of, context }) => of.map(key => [key, context] as const),
    )
    const seen = new Map<string, string>()
    for (const [key, context] of keys.flat()) {
      // A later context of a mode gives way to an earlier one.
      expect(seen.get(key), key).not.toBe(context)
      seen.set(key, context)
    }
  }
})

test('11. Ctrl+C loses the draft: it goes into the history', () => {
  const screen = new Updates()
  screen.type('half a thought', CTRL_C)
  expect(screen.text).toBe('')
  screen.type(CTRL_UP)
  expect(screen.text).toBe('half a thought')
})

test('12. addresses that wrap cannot be opened: each row has the whole target', () => {
  const address = `https://a.example/${'x'.repeat(150)}`
  const screen = new Updates(client => client.receive(client.open('lobby'), 'alice', address))
  const spans = frameOf(screen.state, screen.world)?.timeline.flat() ?? []
  const targets = spans.flatMap(({ target }) => target ?? [])
  expect(targets.length).toBeGreaterThan(1)
  expect(new Set(targets)).toEqual(new Set([address]))
})

test('13. copying grabs the columns: a message is copied as it was written, and shown without columns', () => {
  const text = 'one\n  two\nthree'
  const screen = new Updates(client => client.receive(client.open('lobby'), 'alice', text))
  screen.took()
  screen.type(CTRL_S, 'y', '\x1bl')
  expect(screen.took()).toEqual([
    { type: 'copy', text },
    { type: 'bare', lines: ['alice: one', '  two', 'three'], isWhole: true },
  ])
})

test('14. completion takes the wrong name: the last to speak is first, people who only listen come later, and never oneself', () => {
  const members = new Map(['me', 'aaron'].map(name => [name, { name, away: undefined }]))
  const screen = new Updates(client => {
    const lobby = client.open('lobby', { members })
    for (const from of ['anna', 'alice', 'me']) client.receive(lobby, from, 'hi')
  })
  screen.type('@', '\t')
  expect(screen.text).toBe('@alice ')
  screen.type('\t')
  expect(screen.text).toBe('@anna ')
  screen.type('\t')
  expect(screen.text).toBe('@aaron ')
  screen.type('\t')
  expect(screen.text).toBe('@')
})

test('15. configuration is homework: the first screen says what to press', () => {
  const screen = new Updates()
  expect(screen.screen()).toContain('F1 lists all keys and commands')
  screen.type('\x1bOP')
  expect(screen.screen()).toContain('Keys and commands')
})

test('16. the wheel types garbage: mouse reports type nothing', () => {
  const screen = new Updates()
  screen.type('\x1b[<64;44;4M\x1b[<65;44;61M'.repeat(20), '\x1b[M`!!')
  expect(screen.text).toBe('')
})

test('17. blind users: the cursor is at the selected message', async () => {
  const { terminal, close } = startScreen([80, 24], client => {
    const lobby = client.open('lobby')
    for (const text of ['one', 'two', 'three']) client.receive(lobby, 'alice', text)
  })
  await terminal.shows('three')
  terminal.type(`${CTRL_S}k`)
  await terminal.until(() => terminal.cursor.y === terminal.find('two').y)
  expect(terminal.cursor.x).toBe(terminal.find('two').x)
  await close()
})

test('what a user typed in another room is there on return', () => {
  const screen = new Updates(client => {
    client.open('lobby')
    client.open('dev')
  })
  screen.type('half', '\x1b2', 'other', '\x1b1')
  expect(screen.text).toBe('half')
  expect(roomScreen(screen.state, 'dev').editor.text).toBe('other')
  screen.type(ENTER)
  expect(screen.took().filter(({ type }) => type === 'say')).toEqual([
    { type: 'say', room: 'lobby', text: 'half' },
  ])
})
