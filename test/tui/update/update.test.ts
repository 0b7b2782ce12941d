import { describe, expect, test } from 'vitest'
import { roomScreen } from '../../../src/tui/model/state.ts'
import { frameOf } from '../../../src/tui/select/frame.ts'
import { clean, cleanLine } from '../../../src/tui/text/clean.ts'
import { NOON } from '../fakeClient.ts'
import { Updates } from './world.ts'

const ENTER = '\r'
const UP = '\x1b[A'
const CTRL_UP = '\x1b[1;5A'
const CTRL_DOWN = '\x1b[1;5B'
const CTRL_R = '\x12'
const CTRL_C = '\x03'
const ALT_HOME = '\x1b[1;3H'
const ALT_END = '\x1b[1;3F'
const PAGE_DOWN = '\x1b[6~'
const PAGE_UP = '\x1b[5~'
const ESCAPE = '\x1b'

function threeRooms(): Updates {
  return new Updates(client => {
    client.open('lobby')
    const dev = client.open('dev')
    client.receive(dev, 'alice', 'one')
    const ops = client.open('ops')
    client.receive(ops, 'alice', '@me two')
  })
}

describe('sending', () => {
  test('Enter says what is composed and empties the composer', () => {
    const screen = new Updates()
    screen.type('hello', ENTER)
    expect(screen.took()).toEqual([{ type: 'say', room: 'lobby', text: 'hello' }])
    expect(screen.text).toBe('')
  })

  test('blank text is not sent', () => {
    const screen = new Updates()
    screen.type('   ', ENTER)
    expect(screen.took()).toEqual([])
  })

  test('// begins a message with a slash', () => {
    const screen = new Updates()
    screen.type('//etc/passwd', ENTER)
    expect(screen.took()).toEqual([{ type: 'say', room: 'lobby', text: '/etc/passwd' }])
  })

  test('Alt+Enter makes a new line', () => {
    const screen = new Updates()
    screen.type('a', '\x1b\r', 'b', ENTER)
    expect(screen.took()).toEqual([{ type: 'say', room: 'lobby', text: 'a\nb' }])
  })

  test('a paste never sends, and says how much it is', () => {
    const screen = new Updates()
    const text = Array.from({ length: 500 }, (_, at) => `line ${at}`).join('\n')
    screen.dispatch({ type: 'paste', text: `${text}\n`, truncated: false })
    expect(screen.took()).toEqual([])
    expect(screen.screen()).toContain('pasted 500 lines, 4.3 KB — Enter sends it as one message')
    screen.type(ENTER)
    expect(screen.took()).toEqual([{ type: 'say', room: 'lobby', text }])
  })

  test('what is too long is said at once, and stays in the composer', () => {
    const screen = new Updates()
    screen.dispatch({ type: 'paste', text: 'ä'.repeat(10_000), truncated: false })
    screen.type('x')
    expect(screen.screen()).toContain('19.5 KB: a message can have 16 KB')
    screen.type(ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.text).toHaveLength(10_001)
    expect(screen.screen()).toContain('shorten it')
  })

  test('what the client cannot take comes back, before what was typed since', () => {
    const screen = new Updates()
    screen.type('newer')
    screen.dispatch({ type: 'giveBack', room: 'lobby', text: 'older', reason: 'no' as never })
    expect(screen.text).toBe('older\nnewer')
  })

  test('without a room nothing is lost', () => {
    const screen = new Updates(() => undefined)
    screen.type('hello', ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.text).toBe('hello')
    expect(screen.screen()).toContain('/join')
    screen.client.open('dev')
    screen.dispatch({ type: 'changed' })
    expect(screen.state.current).toBe('dev')
    expect(screen.text).toBe('hello')
  })
})

describe('commands', () => {
  test('an unknown one is an error on the screen, is not sent, and stays', () => {
    const screen = new Updates()
    screen.type('/frobnicate now', ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.text).toBe('/frobnicate now')
    expect(screen.screen()).toContain('there is no command /frobnicate')
  })

  test.each([
    ['/join #dev', { type: 'join', conversation: 'dev', isSure: false }],
    ['/join @bob', { type: 'join', conversation: '@bob', isSure: false }],
    ['/JOIN dev', { type: 'join', conversation: 'dev', isSure: false }],
    ['/leave', { type: 'leave', room: 'lobby' }],
    ['/leave #LOBBY', { type: 'leave', room: 'lobby' }],
    ['/msg bob hello there', { type: 'tell', conversation: '@bob', text: 'hello there' }],
    ['/msg bob', { type: 'join', conversation: '@bob', isSure: false }],
    ['/topic be kind', { type: 'topic', room: 'lobby', topic: 'be kind' }],
    ['/topic -', { type: 'topic', room: 'lobby', topic: '' }],
    ['/who', { type: 'who', room: 'lobby' }],
    ['/away at lunch', { type: 'away', message: 'at lunch' }],
    ['/away', { type: 'away', message: undefined }],
    ['/quit', { type: 'quit' }],
  ])('%s', (typed, effect) => {
    const screen = new Updates()
    screen.type(typed, ENTER)
    expect(screen.took()).toEqual([effect])
    expect(screen.text).toBe('')
  })

  test.each([
    '/join',
    '/join a b',
    '/join ?',
    '/leave nowhere',
    '/msg',
    '/msg -x hello',
    `/topic ${'x'.repeat(600)}`,
    `/away ${'x'.repeat(300)}`,
    '/retry',
    '/discard',
    '/nick x',
  ])('%s is refused with a reason, and stays', typed => {
    const screen = new Updates()
    screen.type(typed, ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.text).toBe(typed)
    expect(screen.state.notice?.tone).toBe('error')
    expect(roomScreen(screen.state).notes).toEqual([])
  })

  test('/retry and /discard are about what failed here; what is discarded comes back with Ctrl+Up', () => {
    const screen = new Updates()
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    screen.client.say('lobby', 'no luck')
    screen.client.settle(lobby, 0, { status: 'failed', code: 'forbidden', message: 'no' })
    const id = lobby.outbox[0]?.id
    screen.type('/retry', ENTER)
    expect(screen.took()).toEqual([{ type: 'retry', id }])
    screen.type('/discard', ENTER)
    expect(screen.took()).toEqual([{ type: 'discard', id }])
    screen.type(CTRL_UP)
    expect(screen.text).toBe('no luck')
  })
})

describe('rooms', () => {
  test('Ctrl+N and Ctrl+P go in a circle, Alt and a digit go to that room, Alt+A to mentions first', () => {
    const screen = threeRooms()
    expect(screen.state.current).toBe('lobby')
    screen.type('\x0e')
    expect(screen.state.current).toBe('dev')
    screen.type('\x10', '\x10')
    expect(screen.state.current).toBe('ops')
    screen.type('\x1b1')
    expect(screen.state.current).toBe('lobby')
    screen.type('\x1b9')
    expect(screen.state.current).toBe('lobby')
    screen.type('\x1ba')
    expect(screen.state.current).toBe('ops')
  })

  test('each keeps its draft, its scroll position and its sent texts', () => {
    const screen = threeRooms()
    screen.type('to the lobby', '\x0e', 'to dev', '\x10')
    expect(screen.text).toBe('to the lobby')
    screen.type('\x0e')
    expect(screen.text).toBe('to dev')
  })

  test('the switcher finds one by some of its letters', () => {
    const screen = threeRooms()
    screen.type('draft', '\x0b', 'dv')
    expect(screen.screen()).toContain('#dev')
    screen.type(ENTER)
    expect(screen.state.current).toBe('dev')
    expect(screen.state.overlay).toBeUndefined()
    screen.type('\x0b', '\x1b')
    expect(screen.state.overlay).toBeUndefined()
    expect(screen.state.current).toBe('dev')
  })

  test('one that is left gives way to the first', () => {
    const screen = threeRooms()
    screen.type('\x0e')
    screen.client.leave('dev')
    screen.dispatch({ type: 'changed' })
    expect(screen.state.current).toBe('lobby')
  })
})

describe('a warning', () => {
  const LINE = clean`cannot write the state file; what you send and write now is not kept`

  test('stands below the newest message of every room, however much comes, until Esc takes note of it', () => {
    const screen = threeRooms()
    screen.dispatch({ type: 'warning', line: LINE })
    screen.dispatch({ type: 'warning', line: LINE })
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    for (let n = 0; n < 40; n++) screen.client.receive(lobby, 'alice', `message ${n}`)
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toMatch(/message 39\s(.|\n)*is not kept(.|\n)*Esc takes note/)
    expect(screen.screen().match(/cannot write/g)).toHaveLength(1)
    screen.type('\x0e')
    expect(screen.screen()).toMatch(/one(.|\n)*Esc takes note/)
    screen.type('\x1bOP', '\x1b')
    expect(screen.screen()).toContain('Esc takes note')
    screen.type('\x1b')
    expect(screen.screen()).not.toContain('Esc takes note')
  })
})

describe('reading', () => {
  /** A screen whose room has been read up to its first message, with so many unread ones behind it. */
  function behind(unread: number, rows = 24): Updates {
    return new Updates(
      client => {
        const lobby = client.open('lobby')
        client.receive(lobby, 'alice', 'seen')
        client.allRead(lobby)
        for (let at = 0; at < unread; at++) client.receive(lobby, 'alice', `unread ${at}`)
      },
      80,
      rows,
    )
  }

  test('a message is read once it stood on the screen for a second', () => {
    const screen = behind(3)
    screen.wait(900)
    expect(screen.took()).toEqual([])
    screen.wait(200)
    expect(screen.took()).toEqual([{ type: 'markRead', room: 'lobby', seq: 4 }])
  })

  test('passing through rooms reads nothing, and the line "new" is there on return', () => {
    const screen = threeRooms()
    screen.wait(5_000)
    screen.type('\x0e')
    screen.wait(500)
    screen.type('\x0e', '\x0e')
    screen.wait(5_000)
    expect(screen.took()).toEqual([])
    screen.type('\x0e')
    expect(screen.screen()).toContain('─ new ─')
    screen.wait(1_000)
    expect(screen.took()).toEqual([{ type: 'markRead', room: 'dev', seq: 1 }])
  })

  test('what stands above the screen stays unread until it was on the screen too', () => {
    const screen = behind(40, 16)
    screen.wait(5_000)
    expect(screen.took()).toEqual([])
    screen.type('\x1bu')
    screen.wait(1_000)
    const [first] = screen.took()
    expect(first).toMatchObject({ type: 'markRead', room: 'lobby' })
    for (let page = 0; page < 6; page++) {
      screen.type('\x1b[6~')
      screen.wait(1_000)
    }
    expect(screen.took().at(-1)).toEqual({ type: 'markRead', room: 'lobby', seq: 41 })
  })

  test('what stands in a gap, or before what is loaded, stays unread', () => {
    const screen = behind(3)
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    lobby.timeline.splice(2, 1, { kind: 'gap', after: 2, before: 4, reason: 'long', loading: true })
    screen.client.changed(lobby)
    screen.dispatch({ type: 'changed' })
    screen.wait(1_000)
    expect(screen.took().filter(({ type }) => type === 'markRead')).toEqual([
      { type: 'markRead', room: 'lobby', seq: 2 },
    ])
    const later = behind(3)
    const room = later.client.rooms.get('lobby')
    if (room === undefined) throw new Error('no lobby')
    room.timeline.splice(0, 2)
    room.moreBefore = true
    room.unread = 12
    later.client.changed(room)
    later.dispatch({ type: 'changed' })
    later.wait(5_000)
    expect(later.took().filter(({ type }) => type === 'markRead')).toEqual([])
  })

  test('Alt+R marks the whole room as read', () => {
    const screen = behind(40, 16)
    screen.type('\x1br')
    expect(screen.took()).toEqual([{ type: 'markRead', room: 'lobby', seq: 41 }])
  })

  test.each([
    ['the help', '\x1bOP'],
    ['the switcher', '\x0b'],
  ])('under %s nothing is read, and the line "new" is there after it', (_, key) => {
    const screen = behind(0)
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    screen.type(key)
    screen.client.receive(lobby, 'alice', 'covered')
    screen.dispatch({ type: 'changed' })
    screen.wait(5_000)
    expect(screen.took().filter(({ type }) => type === 'markRead')).toEqual([])
    screen.type('\x1b')
    expect(screen.screen()).toMatch(/seen.*─ new ─.*covered/s)
    screen.wait(1_000)
    expect(screen.took()).toEqual([{ type: 'markRead', room: 'lobby', seq: 2 }])
  })

  test('without the focus nothing is read, and the line "new" is drawn', () => {
    const screen = behind(0)
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    screen.dispatch({ type: 'focus', focused: false })
    screen.client.receive(lobby, 'alice', 'not seen')
    screen.dispatch({ type: 'changed' })
    screen.wait(5_000)
    expect(screen.took()).toEqual([])
    expect(screen.screen()).toMatch(/seen.*─ new ─.*not seen/s)
    screen.dispatch({ type: 'focus', focused: true })
    screen.wait(1_000)
    expect(screen.took()).toEqual([{ type: 'markRead', room: 'lobby', seq: 2 }])
    expect(screen.screen()).toContain('─ new ─')
  })

  test.each<[string, (screen: Updates) => void]>([
    ['a key', screen => screen.type('x')],
    ['a paste', screen => screen.type('\x1b[200~x\x1b[201~')],
  ])('a lost report of the focus: %s means that the terminal has it', (_, touch) => {
    const screen = behind(2)
    screen.dispatch({ type: 'focus', focused: false })
    touch(screen)
    screen.took()
    screen.wait(1_000)
    expect(screen.took()).toEqual([{ type: 'markRead', room: 'lobby', seq: 3 }])
  })

  test('a terminal that never reports its focus: messages are read only for a while after a key', () => {
    const screen = behind(0)
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    screen.wait(10 * 60_000)
    screen.client.receive(lobby, 'alice', 'in a hidden window')
    screen.dispatch({ type: 'changed' })
    screen.wait(5_000)
    expect(screen.took()).toEqual([])
    screen.type('x')
    screen.took()
    screen.wait(1_000)
    expect(screen.took()).toEqual([{ type: 'markRead', room: 'lobby', seq: 2 }])
  })

  test.each([
    [
      'after one that was missed: the line "new" stands above both',
      'missed',
      /first.*─ new ─.*missed.*live/s,
    ],
    ['and nothing was missed: there is no line', undefined, /first(?!.*─ new ─).*live/s],
  ])('what comes before the first look, %s', (_, missed, wanted) => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby')
      client.receive(lobby, 'alice', 'first')
      client.allRead(lobby)
      if (missed !== undefined) client.receive(lobby, 'alice', missed)
      lobby.replayUntil = missed === undefined ? 1 : 2
      client.receive(lobby, 'alice', 'live')
    })
    expect(screen.screen()).toMatch(wanted)
  })

  test('does not while one is scrolled back, and says how much is below', () => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby')
      for (let at = 0; at < 60; at++) client.receive(lobby, 'alice', `message ${at}`)
      client.allRead(lobby)
    })
    screen.took()
    screen.type(PAGE_UP)
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    const seen = screen.screen()
    screen.client.receive(lobby, 'bob', 'late')
    screen.dispatch({ type: 'changed' })
    expect(screen.took()).toEqual([])
    expect(screen.screen().split('\n').slice(1, 15)).toEqual(seen.split('\n').slice(1, 15))
    screen.type('\x1b[1;3F')
    screen.wait(1_000)
    expect(screen.took()).toEqual([{ type: 'markRead', room: 'lobby', seq: 61 }])
    expect(screen.screen()).toContain('late')
  })

  test.each<[string, (screen: Updates) => void, string]>([
    ['a command that fails', screen => screen.type('/nonsuch', ENTER), 'there is no command /nonsuch'],
    [
      'an answer of the program',
      screen => screen.dispatch({ type: 'remark', room: 'lobby', tone: 'info', lines: [clean`two people`] }),
      'two people',
    ],
    [
      'a late error',
      screen =>
        screen.dispatch({ type: 'remark', room: 'lobby', tone: 'error', lines: [clean`not allowed`] }),
      'not allowed',
    ],
    [
      'an error too long for the status line',
      screen =>
        screen.dispatch({
          type: 'remark',
          room: 'lobby',
          tone: 'error',
          lines: [cleanLine('long '.repeat(40))],
        }),
      'long long',
    ],
  ])('%s does not scroll a reader away', (_name, happens, told) => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby')
      for (let at = 0; at < 60; at++) client.receive(lobby, 'alice', `message ${at}`)
      client.allRead(lobby)
    })
    screen.type(PAGE_UP, PAGE_UP)
    const { anchor } = roomScreen(screen.state)
    const before = screen.screen().split('\n').slice(1, 12)
    happens(screen)
    expect(roomScreen(screen.state).anchor).toEqual(anchor)
    expect(screen.screen().split('\n').slice(1, 12)).toEqual(before)
    expect(screen.screen()).toContain(told)
    screen.wait(5_000)
    screen.type(ESCAPE)
    expect(screen.state.notice).toBeUndefined()
  })

  test('sending a message marks the room as read: the line "new" goes', () => {
    const screen = new Updates()
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    screen.dispatch({ type: 'focus', focused: false })
    screen.client.receive(lobby, 'alice', 'anybody?')
    screen.dispatch({ type: 'changed' })
    screen.dispatch({ type: 'focus', focused: true })
    expect(screen.screen()).toContain('─ new ─')
    screen.type('here', ENTER)
    expect(screen.screen()).not.toContain('─ new ─')
  })

  test('Alt+U goes to the first unread message', () => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby')
      client.receive(lobby, 'alice', 'read before')
      client.allRead(lobby)
      for (let at = 0; at < 60; at++) client.receive(lobby, 'bob', `message ${at}`)
    })
    expect(screen.screen()).not.toContain('─ new ─')
    const rule = frameOf(screen.state, screen.world)
      ?.rules?.top.map(({ text }) => text)
      .join('')
    expect(rule).toContain('─ ↑ 60 new since 14:01 (Alt+U) ─')
    screen.type('\x1bu')
    expect(screen.screen().split('\n')[1]).toContain('─ new ─')
    expect(screen.screen().split('\n')[2]).toContain('message 0')
  })

  test('asks for the page before once, however often something changes', () => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby', { moreBefore: true })
      for (let at = 0; at < 60; at++) client.receive(lobby, 'alice', `message ${at}`)
      client.allRead(lobby)
    })
    expect(screen.took()).toEqual([])
    screen.type(PAGE_UP, PAGE_UP)
    expect(screen.took()).toContainEqual({ type: 'loadBefore', room: 'lobby' })
    for (let at = 0; at < 5; at++) screen.dispatch({ type: 'changed' })
    expect(screen.took()).toEqual([])
    screen.type(PAGE_UP)
    expect(screen.took()).toEqual([{ type: 'loadBefore', room: 'lobby' }])
  })

  test('Alt+Home goes to the oldest message there is, also where it is not held', () => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby', { moreBefore: true })
      for (let at = 0; at < 60; at++) client.receive(lobby, 'alice', `message ${at}`)
      client.allRead(lobby)
    })
    screen.took()
    screen.type(ALT_HOME)
    expect(screen.took()).toContainEqual({ type: 'reach', room: 'lobby', seq: 0 })
    expect(screen.screen()).toContain('message 0')
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    const first = { ...screen.client.receive(lobby, 'bob', 'the very first'), seq: 0 }
    lobby.timeline = [first, ...lobby.timeline.slice(0, -1)]
    screen.client.changed(lobby)
    const there = { type: 'reached', room: 'lobby', seq: 0, answer: { ok: true, value: undefined } } as const
    screen.dispatch(there)
    expect(screen.screen()).toContain('the very first')
    // A user that has scrolled back meanwhile stays there.
    screen.type(ALT_END)
    screen.dispatch(there)
    expect(screen.screen()).toContain('message 59')
  })

  test('stops at a gap from either side, and fills it from there', () => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby')
      for (let at = 0; at < 40; at++) client.receive(lobby, 'alice', `old ${at}`)
      lobby.timeline.push({ kind: 'gap', after: 40, before: 500, reason: 'long', loading: false })
      for (let at = 0; at < 40; at++) {
        const entry = client.receive(lobby, 'bob', `late ${at}`)
        lobby.timeline[lobby.timeline.length - 1] = { ...entry, seq: 500 + at }
      }
      client.allRead(lobby)
    })
    screen.took()
    const rows = () => screen.screen().split('\n').slice(1, 20)
    screen.type(PAGE_UP, PAGE_UP)
    expect(rows()[0]).toContain('messages not loaded')
    expect(screen.took()).toEqual([{ type: 'fillGap', room: 'lobby', before: 500, end: 'newest' }])
    // The gap is not filled yet: scrolling goes on above it.
    screen.type(PAGE_UP)
    expect(rows().at(-1)).toContain('messages not loaded')
    screen.took()
    screen.type(ALT_HOME, PAGE_DOWN, PAGE_DOWN)
    expect(rows().at(-1)).toContain('messages not loaded')
    expect(screen.took()).toEqual([{ type: 'fillGap', room: 'lobby', before: 500, end: 'oldest' }])
  })

  test('asks for a gap that is visible', () => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby')
      client.receive(lobby, 'alice', 'old')
      lobby.timeline.push({ kind: 'gap', after: 1, before: 50, reason: 'long', loading: false })
      client.allRead(lobby)
    })
    expect(screen.took()).toEqual([{ type: 'fillGap', room: 'lobby', before: 50, end: 'newest' }])
  })
})

describe('typing', () => {
  test('is told while something is composed, and not for commands', () => {
    const screen = new Updates()
    screen.type('h')
    expect(screen.effects.splice(0)).toEqual([{ type: 'typing', room: 'lobby', on: true }])
    screen.type('\x7f')
    expect(screen.effects.splice(0)).toEqual([{ type: 'typing', room: 'lobby', on: false }])
    screen.type('/who')
    expect(screen.effects.splice(0)).toEqual([])
  })

  test('Tab completes names, the most recent speakers first, and commands', () => {
    const screen = new Updates(client => {
      const lobby = client.open('lobby')
      client.receive(lobby, 'anna', 'x')
      client.receive(lobby, 'alice', 'x')
    })
    screen.type('a', '\t')
    expect(screen.text).toBe('@alice ')
    screen.type('\t')
    expect(screen.text).toBe('@anna ')
    screen.type('\x03', '/jo', '\t')
    expect(screen.text).toBe('/join ')
  })

  test('Ctrl+Up recalls what was sent, Ctrl+Down comes back, and Up does neither', () => {
    const screen = new Updates()
    screen.type('one', ENTER, 'two', ENTER, 'draft', CTRL_UP)
    expect(screen.text).toBe('two')
    screen.type(UP)
    expect(screen.text).toBe('two')
    screen.type(CTRL_UP)
    expect(screen.text).toBe('one')
    screen.type(CTRL_DOWN, CTRL_DOWN)
    expect(screen.text).toBe('draft')
  })

  test('Ctrl+R searches the texts that were sent in every room, and puts one into the composer', () => {
    const screen = new Updates(client => {
      client.open('lobby')
      client.open('dev')
    })
    screen.type('deploy the Kafka cluster', ENTER, 'lunch?', ENTER, '\x0e', 'kafka is down', ENTER, 'draft')
    screen.took()
    screen.type(CTRL_R)
    expect(screen.screen()).toContain('Sent before')
    screen.type('KAF')
    expect(screen.screen()).toMatch(/▌ kafka is down[\s\S]*deploy the Kafka cluster/)
    expect(screen.screen()).not.toContain('lunch?')
    screen.type(CTRL_R, ENTER)
    expect([screen.text, screen.state.overlay, screen.took()]).toEqual([
      'deploy the Kafka cluster',
      undefined,
      [],
    ])
    screen.type('\x1f')
    expect(screen.text).toBe('draft')
    screen.type(CTRL_R, 'down', ENTER, CTRL_DOWN)
    expect(screen.text).toBe('draft')
    screen.type(CTRL_R, 'nothing like it')
    expect(screen.screen()).toContain('no text that you sent has this')
    screen.type(ENTER, '\x1b')
    expect([screen.text, screen.state.overlay]).toEqual(['draft', undefined])
  })
})

describe('the header of a direct conversation', () => {
  test.each([
    ['here', new Map([['bob', { name: 'bob', away: undefined }]])],
    ['away: lunch', new Map([['bob', { name: 'bob', away: 'lunch' }]])],
    ['offline', new Map()],
    // Without a connection nothing is known of others.
    ['direct', undefined],
  ])('says %s', (state, members) => {
    const screen = new Updates(client => {
      client.open('@bob', { kind: 'direct', members })
    })
    expect(screen.screen().split('\n')[0]).toMatch(new RegExp(`@bob .* ${state} $`))
  })
})

describe('leaving', () => {
  test('Ctrl+C clears a composed text into history, and quits only when pressed twice on an empty line', () => {
    const screen = new Updates()
    screen.type('precious', CTRL_C)
    expect(screen.text).toBe('')
    expect(screen.took()).toEqual([])
    screen.type(CTRL_UP)
    expect(screen.text).toBe('precious')
    screen.type(CTRL_C, CTRL_C)
    expect(screen.took()).toEqual([])
    expect(screen.screen()).toContain('press Ctrl+C again to quit')
    screen.type(CTRL_C)
    expect(screen.took()).toEqual([{ type: 'quit' }])
  })

  test('any other key takes the first Ctrl+C back', () => {
    const screen = new Updates()
    screen.type(CTRL_C, 'x', '\x7f', CTRL_C)
    expect(screen.took()).toEqual([])
  })

  test('with a message under way it quits once that is sent; drafts are kept and no reason to ask', () => {
    for (const typed of [
      [CTRL_C, CTRL_C],
      ['/quit', ENTER],
    ]) {
      const screen = new Updates(client => {
        client.open('lobby')
        client.open('dev')
        client.say('lobby', 'on its way')
      })
      screen.type('draft', '\x0e', ...typed)
      expect(screen.took()).toEqual([])
      expect(screen.screen()).toContain('1 message is not sent yet: quitting after that')
      screen.dispatch({ type: 'changed' })
      expect(screen.took()).toEqual([])
      const lobby = screen.client.rooms.get('lobby')
      if (lobby === undefined) throw new Error('no lobby')
      lobby.outbox = []
      screen.dispatch({ type: 'changed' })
      expect(screen.took()).toEqual([{ type: 'quit' }])
    }
  })

  test('a draft alone does not keep it', () => {
    const screen = new Updates(client => {
      client.open('lobby')
      client.open('dev')
    })
    screen.type('draft', '\x0e', CTRL_C, CTRL_C)
    expect(screen.took()).toEqual([{ type: 'quit' }])
  })

  test('with an unsent message, Ctrl+C once more quits at once, and any other key stays', () => {
    const screen = new Updates(client => {
      client.open('lobby')
      client.say('lobby', 'on its way')
    })
    screen.type('/quit', ENTER, CTRL_C)
    expect(screen.took()).toEqual([{ type: 'quit' }])
    screen.type('/quit', ENTER, '\x1b')
    const lobby = screen.client.rooms.get('lobby')
    if (lobby !== undefined) lobby.outbox = []
    screen.dispatch({ type: 'changed' })
    expect(screen.took()).toEqual([])
  })

  test('Ctrl+D on an empty line does nothing', () => {
    const screen = new Updates()
    screen.type('\x04', '\x04')
    expect(screen.took()).toEqual([])
  })
})

describe('the line', () => {
  test('counts down to the next attempt', () => {
    const screen = new Updates()
    screen.client.setLink({
      status: 'waiting',
      attempt: 3,
      retryAt: NOON + 4_200,
      reason: 'no server listens there',
    })
    screen.dispatch({ type: 'tick' })
    expect(screen.screen()).toContain('○ offline, next try in 5 s (no server listens there)')
  })

  test.each([
    [80, 'an HTTP server answers there', /○ offline, next try in 5 s \(an HTTP server answers there\) /],
    [40, 'no server listens there', /○ offline, 5 s \(no server listens the/],
    [40, 'an HTTP server answers there, no chat server', /○ offline, 5 s \(an HTTP server answe.* *$/],
  ])('at %i columns, shows a reason before any hint of a key', (columns, reason, row) => {
    const screen = new Updates(undefined, columns, 24)
    screen.client.setLink({ status: 'waiting', attempt: 3, retryAt: NOON + 4_200, reason })
    expect(screen.screen()).toMatch(row)
  })

  test('says in a short sentence that it moves to another daemon, and nothing of why', () => {
    const screen = new Updates()
    const reason = 'the server fell silent, which is a long reason that would be told in a box'
    screen.client.setLink({ status: 'waiting', attempt: 1, retryAt: NOON + 300, reason, isMoving: true })
    screen.type('still typing')
    for (const _ of ['waiting', 'connecting']) {
      screen.dispatch({ type: 'changed' })
      expect(screen.screen()).toContain('○ moving to another daemon…')
      expect(screen.screen()).not.toMatch(/offline|fell silent/)
      expect(screen.text).toBe('still typing')
      screen.client.setLink({ status: 'connecting', attempt: 1, isMoving: true })
    }
  })

  test('asks for another name where the server refuses ours, once', () => {
    const screen = new Updates()
    screen.client.setLink({ status: 'refused', code: 'name_taken', message: 'somebody else is "me"' })
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toContain('somebody else is "me"')
    screen.type('\x15', '-', ENTER)
    expect(screen.took()).toEqual([])
    screen.type('\x15', 'me2', ENTER)
    expect(screen.took()).toEqual([{ type: 'rename', name: 'me2' }])
    screen.dispatch({ type: 'changed' })
    expect(screen.state.overlay).toBeUndefined()
    screen.type('/nick me3', ENTER)
    expect(screen.took()).toEqual([{ type: 'rename', name: 'me3' }])
  })
})

describe('what was cut', () => {
  const CTRL_U = '\x15'
  const CTRL_W = '\x17'
  const CTRL_Y = '\x19'

  test('in one room comes back in another, and in the switcher', () => {
    const screen = new Updates(client => {
      client.open('lobby')
      client.open('dev')
    })
    screen.type('from the lobby', CTRL_U, '\x0e', CTRL_Y)
    expect([screen.state.current, screen.text]).toEqual(['dev', 'from the lobby'])
    screen.type('\x0b', CTRL_Y)
    expect(screen.screen()).toContain('from the lobby')
    expect(screen.state.overlay).toMatchObject({ editor: { text: 'from the lobby' } })
  })

  test('in two rooms stays two texts', () => {
    const screen = new Updates(client => {
      client.open('lobby')
      client.open('dev')
    })
    screen.type('one', CTRL_W, '\x0e', 'two', CTRL_W, '\x0e', 'three', CTRL_W, CTRL_Y)
    expect(screen.text).toBe('three')
    screen.type('\x1by')
    expect(screen.text).toBe('two')
    screen.type('\x1by')
    expect(screen.text).toBe('one')
  })
})
