import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ScreenOptions } from '../../../src/tui/screen/screen.tsx'
import { type FakeClient, NOON } from '../fakeClient.ts'
import { type RunningScreen, startScreen } from '../screens.ts'

const ENTER = '\r'
const ESCAPE = '\x1b'
const F1 = '\x1bOP'
const CTRL_K = '\x0b'
const PAGE_UP = '\x1b[5~'
const ALT_END = '\x1b[1;3F'

const running: RunningScreen[] = []
afterEach(async () => {
  for (const screen of running.splice(0)) await screen.close()
})

function start(
  size: readonly [number, number],
  prepare?: (client: FakeClient) => void,
  options?: Partial<ScreenOptions>,
): RunningScreen {
  const screen = startScreen(size, prepare, options)
  running.push(screen)
  return screen
}

/** A morning in four rooms. */
function morning(client: FakeClient): void {
  const lobby = client.open('lobby', { topic: 'be kind', people: 3 })
  client.receive(lobby, 'alice', 'good morning')
  client.receive(lobby, 'alice', 'did anybody look at the build? it takes longer than it should')
  client.receive(lobby, 'me', 'green since yesterday')
  client.allRead(lobby)
  client.receive(lobby, 'bob', 'thanks @me, 日本語 and 👨‍👩‍👧 and e\u0301 are fine too')
  const dev = client.open('dev', { unread: 12 })
  client.receive(dev, 'carol', 'merged')
  client.open('ops', { unread: 3, mentions: 3 })
  client.open('@bob')
}

/** Sixty messages, all read. */
function longDay(client: FakeClient): void {
  const lobby = client.open('lobby', { people: 2 })
  for (let at = 0; at < 60; at++) client.receive(lobby, at % 2 === 0 ? 'alice' : 'bob', `message ${at}`)
  client.allRead(lobby)
}

describe('the whole screen', () => {
  test('80x24: rooms with unread messages and mentions, a line above the first new message', async () => {
    const { terminal } = start([80, 24], morning)
    await terminal.shows('online')
    expect(terminal.rows()).toMatchInlineSnapshot(`
      [
        " #lobby  be kind                                                       3 people",
        "────────────────┬───────────────────────────────────────────────────────────────",
        " UNREAD         │",
        " 3 ops       @3 │",
        " 2 dev       13 │",
        " ROOMS          │",
        "▌1 lobby        │",
        " PEOPLE         │",
        " 4 ○ bob        │",
        "                │",
        "                │",
        "                │",
        "                │",
        "                │",
        "                │ ─────────── the beginning of #lobby · Mon 23 Nov ────────────",
        "                │ alice 14:00  good morning",
        "                │       14:01  did anybody look at the build? it takes longer",
        "                │                than it should",
        "                │ me    14:02  green since yesterday",
        "                │ ──────────────────────────── new ────────────────────────────",
        "                │ bob   14:03▐ thanks @me, 日本語 and 👨‍👩‍👧 and é are fine too",
        "────────────────┴───────────────────────────────────────────────────────────────",
        " me ›",
        " ● online                            Alt+A next unread   Ctrl+K go to   F1 help",
      ]
    `)
    expect(terminal.cursor).toEqual({ x: 6, y: 22 })
  })

  test('40x12: the list of rooms steps aside, the header says what is in it', async () => {
    const { terminal } = start([40, 12], morning)
    await terminal.shows('online')
    expect(terminal.rows()).toMatchInlineSnapshot(`
      [
        " #lobby  be kind      @3  +13  3 people",
        "─ Mon 23 Nov ───────────────────────────",
        "alice 14:01  did anybody look at the",
        "               build? it takes longer",
        "               than it should",
        "me    14:02  green since yesterday",
        "───────────────── new ──────────────────",
        "bob   14:03▐ thanks @me, 日本語 and 👨‍👩‍👧",
        "           ▐   and é are fine too",
        "────────────────────────────────────────",
        " ›",
        " ● online             Alt+A next unread",
      ]
    `)
  })

  test('before the line is up it is there already, and says so', async () => {
    const { terminal } = start([60, 10], client => {
      client.link = { status: 'connecting', attempt: 1 }
      client.open('lobby', { status: 'joining', people: 0 })
    })
    await terminal.shows('connecting')
    expect(terminal.rows()).toMatchInlineSnapshot(`
      [
        " #lobby                                            joining…",
        "────────────────┬───────────────────────────────────────────",
        "▌1 lobby        │",
        "                │",
        "                │",
        "                │",
        "                │",
        "────────────────┴───────────────────────────────────────────",
        " me ›",
        " ○ connecting…           F1 help   Ctrl+K go to   F8 people",
      ]
    `)
  })

  test('a text longer than the composer says that there is more, above and below', async () => {
    const { terminal } = start([60, 12], client => client.open('lobby'))
    await terminal.shows('online')
    terminal.paste(['one', 'two', 'three', 'four'].join('\n'))
    await terminal.shows('pasted 4 lines')
    terminal.type('\x1b[A'.repeat(2))
    await terminal.until(() => terminal.cursor.y === 9)
    expect(terminal.rows().slice(-4)).toMatchInlineSnapshot(`
      [
        "────────────────┴───────────────────────────────────────────",
        " me ↑ two",
        "    ↓ three",
        " ● online    Enter send   Alt+Enter new line   Tab complete",
      ]
    `)
  })

  test('each message of ours shows what became of it', async () => {
    const { terminal, client } = start([60, 10], client => client.open('lobby'))
    await terminal.shows('online')
    terminal.type(`one${ENTER}`)
    await terminal.shows('… sending')
    terminal.type(`two${ENTER}`)
    await terminal.shows('two')
    const lobby = client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    client.settle(lobby, 0, { status: 'sent', seq: 1, ts: NOON })
    client.settle(lobby, 1, { status: 'failed', code: 'forbidden', message: 'not allowed here' })
    await terminal.shows('✗ two')
    expect(terminal.rows().slice(2, 7)).toMatchInlineSnapshot(`
      [
        "▌1 lobby        │ ─ the beginning of #lobby · Mon 23 Nov ──",
        "                │ me   14:00  one",
        "                │           ✗ two",
        "                │             not sent: not allowed here —",
        "                │               /retry or /discard",
      ]
    `)
    const { x, y } = terminal.find('✗ two')
    expect(terminal.cell(x, y)).toMatchObject({ color: 1 })
  })

  test('a message that calls rings the bell once, and the title counts it', async () => {
    const { terminal, client } = start([80, 14], opened => {
      opened.open('lobby')
      opened.open('dev')
    })
    await terminal.shows('online')
    let rung = 0
    let title = ''
    terminal.xterm.onBell(() => rung++)
    terminal.xterm.onTitleChange(changed => {
      title = changed
    })
    const dev = client.rooms.get('dev')
    if (dev === undefined) throw new Error('no dev')
    for (const text of ['@me one', '@me two']) {
      const { seq, ts, id } = client.receive(dev, 'alice', text)
      const event = {
        action: 'chat',
        room: 'dev',
        seq,
        prev: seq - 1,
        ts,
        from: 'alice',
        id,
        message: text,
      } as const
      client.emit({ type: 'message', room: dev, event, mention: true })
    }
    await terminal.until(() => rung === 1)
    await terminal.until(() => title === '(@2) #lobby – chat-tui')
    expect(rung).toBe(1)
  })

  test('each row of an address is a link to the whole of it', async () => {
    const address = `https://git.example.org/${'acme/'.repeat(20)}`
    const { terminal, client } = start([80, 14], opened => opened.open('lobby'))
    await terminal.shows('online')
    const targets: string[] = []
    terminal.xterm.parser.registerOscHandler(8, data => targets.push(data) > 0)
    const lobby = client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    client.receive(lobby, 'alice', `look: ${address}`)
    await terminal.shows('look:')
    const begun = targets.filter(target => target !== ';')
    expect(begun.length).toBeGreaterThanOrEqual(3)
    expect(new Set(begun)).toEqual(new Set([`;${address}`]))
    expect(targets.filter(target => target === ';')).toHaveLength(begun.length)
  })

  test('Alt+L leaves the columns away until a key, which does nothing else', async () => {
    const { terminal } = start([60, 12], morning)
    await terminal.shows('online')
    terminal.type('\x1bl')
    await terminal.shows('any key goes back')
    expect(terminal.screen()).toMatch(/^alice: good morning$/m)
    expect(terminal.screen()).not.toContain('│')
    terminal.type('x')
    await terminal.shows('online')
    expect(terminal.screen()).toContain('me ›')
    expect(terminal.screen()).not.toContain('› x')
  })

  test('Alt+L twice at once, and an editor behind it, are one view', async () => {
    const { terminal } = start([60, 12], morning)
    await terminal.shows('online')
    terminal.type('\x1bl\x1bl\x18\x05')
    await terminal.shows('any key goes back')
    terminal.type('x')
    await terminal.shows('online')
    terminal.type('still here')
    await terminal.shows('› still here')
  })

  test('is drawn again at every size, and never larger than the terminal', async () => {
    const { terminal } = start([80, 24], morning)
    await terminal.shows('online')
    terminal.type('one\x1b\rtwo\x1b\rthree')
    await terminal.shows('three')
    for (const [columns, rows] of [
      [40, 12],
      [300, 100],
      [60, 9],
      [30, 6],
      [100, 30],
    ] as const) {
      terminal.resize(columns, rows)
      await terminal.until(() => terminal.rows()[rows - 1]?.includes('●') === true)
      expect(terminal.rows()[0]).toMatch(/^ #lobby/)
      expect(terminal.rows()[rows - 2]).toMatch(/three$/)
      expect(terminal.screen().match(/^ #lobby/gm)?.length).toBe(1)
    }
    terminal.resize(12, 3)
    await terminal.shows('too small')
    expect(terminal.rows()).toEqual(['too small', '', ''])
    terminal.resize(80, 24)
    await terminal.shows('three')
  })

  test('scrolled back it says what is below, and comes back to now', async () => {
    const { terminal, client } = start([80, 14], longDay)
    await terminal.shows('message 59')
    terminal.type(PAGE_UP)
    await terminal.shows('message 51')
    const lobby = client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    client.receive(lobby, 'alice', 'and one more')
    client.receive(lobby, 'alice', 'and another')
    await terminal.shows('2 new below')
    expect(terminal.rows()).toMatchInlineSnapshot(`
      [
        " #lobby                                                                2 people",
        "────────────────┬─ Mon 23 Nov ──────────────────────────────────────────────────",
        "▌1 lobby      2 │ bob   14:43  message 43",
        "                │ alice 14:44  message 44",
        "                │ bob   14:45  message 45",
        "                │ alice 14:46  message 46",
        "                │ bob   14:47  message 47",
        "                │ alice 14:48  message 48",
        "                │ bob   14:49  message 49",
        "                │ alice 14:50  message 50",
        "                │ bob   14:51  message 51",
        "────────────────┴───────────────────────────────────── ↓ 2 new below (Alt+End) ─",
        " me ›",
        " ● online                                  Alt+End newest   PgUp back   F1 help",
      ]
    `)
    terminal.type(ALT_END)
    await terminal.shows('and another')
    await terminal.hides('new below')
    await vi.waitFor(() => expect(client.asked).toContain('read lobby 62'), 5_000)
  })

  test('while the line is down it counts, keeps what is typed, and says when it is back', async () => {
    const { terminal, client } = start([80, 12], longDay)
    await terminal.shows('online')
    client.setLink({
      status: 'waiting',
      attempt: 1,
      retryAt: NOON + 95 * 60_000 + 5_000,
      reason: 'no server listens there',
    })
    await terminal.shows('○ offline, next try in 5 s (no server listens there)')
    terminal.type(`still here${ENTER}`)
    await terminal.shows('still here')
    client.setLink({ status: 'online', since: NOON })
    await terminal.shows('● online')
  })
})

describe('over the timeline', () => {
  test('the switcher finds a room by a few letters', async () => {
    const { terminal } = start([80, 18], morning)
    await terminal.shows('online')
    terminal.type(CTRL_K)
    await terminal.shows('Go to')
    terminal.type('dv')
    await terminal.hides('#ops')
    expect(terminal.rows().slice(2, 15)).toMatchInlineSnapshot(`
      [
        " UNR│                                                                      │",
        " 3 o│ ▌ #dev                                                            13 │",
        " 2 d│   /devices  list and revoke the devices that are signed in           │",
        " ROO│   make #dv  a new room                                               │",
        "▌1 l│                                                                      │",
        " PEO│                                                                      │",
        " 4 ○│                                                                      │───",
        "    │                                                                      │",
        "    │                                                                      │r",
        "    │                                                                      │",
        "    │                                                                      │",
        "    │                                                                      │───",
        "    │                                                                      │",
      ]
    `)
    terminal.type(ENTER)
    await terminal.shows('merged')
    await terminal.hides('Go to')
  })

  test('the help lists every key and command, by pages', async () => {
    const { terminal } = start([100, 30], morning)
    await terminal.shows('online')
    terminal.type(F1)
    await terminal.shows('Keys and commands')
    expect(terminal.screen()).toContain('Alt+Enter, Shift+Enter')
    for (let page = 0; page < 12; page++) terminal.type(' ')
    await terminal.shows('begins a message with a slash')
    expect(terminal.screen()).toContain('/whois')
    terminal.type(ESCAPE)
    await terminal.hides('/whois')
    await terminal.shows('good morning')
  })

  test('a refused name is asked for again', async () => {
    const { terminal, client } = start([80, 18], morning)
    await terminal.shows('online')
    client.setLink({ status: 'refused', code: 'name_taken', message: 'another client is connected as "me"' })
    await terminal.shows('Another name')
    terminal.type('2')
    await terminal.shows('› me2')
    terminal.type(ENTER)
    await terminal.hides('Another name')
    expect(client.asked).toContain('rename me2')
  })
})

describe('the terminal', () => {
  test('gets its modes, and is as it was after leaving', async () => {
    const screen = start([80, 24], morning)
    const { terminal } = screen
    await terminal.shows('online')
    expect(terminal.isAlternate).toBe(true)
    expect(terminal.isRaw).toBe(true)
    expect(terminal.xterm.modes).toMatchObject({ bracketedPasteMode: true, sendFocusMode: true })
    terminal.type('\x03')
    await terminal.shows('press Ctrl+C again to quit')
    terminal.type('\x03')
    expect(await screen.code).toBe(0)
    await terminal.until(() => !terminal.isAlternate)
    expect(terminal.isRaw).toBe(false)
    expect(terminal.xterm.modes).toMatchObject({ bracketedPasteMode: false, sendFocusMode: false })
    expect(terminal.written).toMatch(/\x1b\[\?25h(?!.*\x1b\[\?25l)/s)
    expect(terminal.screen().trim()).toBe('')
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('is given back at %s', async (signal, code) => {
    const screen = start([80, 24], morning)
    await screen.terminal.shows('online')
    process.emit(signal)
    expect(await screen.code).toBe(code)
    await screen.terminal.until(() => !screen.terminal.isAlternate)
    expect(screen.terminal.isRaw).toBe(false)
  })

  test('that goes away ends the program', async () => {
    const screen = start([80, 24], morning)
    await screen.terminal.shows('online')
    screen.terminal.hangUp()
    expect(await screen.code).toBe(129)
  })

  test('colours names and mentions, and leaves background and text to its user', async () => {
    const { terminal } = start([80, 24], morning)
    await terminal.shows('online')
    const mention = terminal.find('@me,')
    expect(terminal.cell(mention.x, mention.y)).toMatchObject({ isInverse: true, isBold: true })
    expect(terminal.cell(mention.x + 3, mention.y)).toMatchObject({ isInverse: false, isBold: false })
    const name = terminal.find('alice')
    expect(terminal.cell(name.x, name.y).color).toBeDefined()
    for (let y = 0; y < 24; y++)
      for (let x = 0; x < 80; x++) expect(terminal.cell(x, y).hasBackground).toBe(false)
    const text = terminal.find('good morning')
    expect(terminal.cell(text.x, text.y)).toMatchObject({ color: undefined, isDim: false })
  })

  test('with NO_COLOR has no colours, and still shows what stands out', async () => {
    const { terminal } = start([80, 24], morning, { colors: 0 })
    await terminal.shows('online')
    for (let y = 0; y < 24; y++)
      for (let x = 0; x < 80; x++) expect(terminal.cell(x, y).color).toBeUndefined()
    const mention = terminal.find('@me,')
    expect(terminal.cell(mention.x, mention.y).isInverse).toBe(true)
  })

  test('on a terminal that counts other cells than we do, borders stand straight and no row runs over', async () => {
    const { terminal } = start([80, 24], client => {
      const lobby = client.open('lobby', { topic: `${'हिन्दी 👨‍👩‍👧‍👦 '.repeat(20)}`, people: 3 })
      client.receive(lobby, 'alice', 'क्षत्रिय 👩🏽‍🚀 🇩🇪 ❤️ '.repeat(20))
      for (const name of ['हिन्दी', 'தமிழ்நாடு', 'ไทย', 'עברית', '日本語']) client.open(name, { unread: 7 })
    })
    // Without clusters: a family is eight cells wide, a flag two, a vowel sign none.
    terminal.xterm.unicode.activeVersion = '6'
    await terminal.shows('online')
    terminal.type(CTRL_K)
    await terminal.shows('Go to')
    terminal.type(ESCAPE)
    await terminal.hides('Go to')
    const borders = Array.from({ length: 24 }, (_, y) => terminal.cell(16, y).text).join('')
    expect(borders).toMatch(/┬│{19}┴/)
    expect(terminal.rows()[0]).toMatch(/^ #lobby .*3 people$/)
    expect(terminal.rows().at(-1)).toMatch(/^ ● online .*go to {3}F1 help$/)
    expect(terminal.rows().filter(row => / 7 │/.test(row))).toHaveLength(5)
  })

  test('pasted and typed keys are distinguished', async () => {
    const { terminal, client } = start([80, 24], client => client.open('lobby'))
    await terminal.shows('online')
    terminal.type('abc\r')
    await terminal.until(() => client.asked.includes('say lobby abc'))
    terminal.type('def\r')
    await terminal.until(() => client.asked.includes('say lobby def'))
    terminal.type('rm -rf\r/quit\r')
    await terminal.shows('rm -rf')
    terminal.type('\x03')
    terminal.paste('no\nnever\n')
    await terminal.shows('pasted 2 lines')
    expect(client.asked.filter(asked => asked.startsWith('say'))).toHaveLength(2)
  })
})
