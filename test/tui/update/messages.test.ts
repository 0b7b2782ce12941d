import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../../src/protocol/events.ts'
import { composedOf, initialState, roomScreen } from '../../../src/tui/model/state.ts'
import { type FakeRoom, NOON } from '../fakeClient.ts'
import { Updates } from './world.ts'

const ENTER = '\r'
const UP = '\x1b[A'
const CTRL_UP = '\x1b[1;5A'
const DOWN = '\x1b[B'
const ESCAPE = '\x1b'
const CTRL_C = '\x03'
const CTRL_S = '\x13'
const CTRL_D = '\x04'
const DELETE = '\x1b[3~'

/** alice, then we, then bob have said something. */
function talk(): { screen: Updates; lobby: FakeRoom } {
  let lobby: FakeRoom | undefined
  const screen = new Updates(client => {
    lobby = client.open('lobby')
    client.receive(lobby, 'alice', 'shall we ship?')
    client.receive(lobby, 'me', 'yes, at nooon')
    client.receive(lobby, 'bob', 'fine')
    client.allRead(lobby)
  })
  if (lobby === undefined) throw new Error('no lobby')
  screen.took()
  return { screen, lobby }
}

describe('Up in an empty composer', () => {
  test('edits the last message of ours; Enter sends its new text', () => {
    const { screen } = talk()
    screen.type(UP)
    expect(screen.text).toBe('yes, at nooon')
    expect(screen.screen()).toContain('╭ editing: yes, at nooon')
    expect(screen.screen()).toContain('me › yes, at nooon')
    screen.type('\x7f\x7f', 'n', ENTER)
    expect(screen.took()).toEqual([{ type: 'edit', room: 'lobby', target: 2, text: 'yes, at noon' }])
    expect(screen.text).toBe('')
    expect(screen.screen()).toContain('me › ')
  })

  test('what was not changed is not sent', () => {
    const { screen } = talk()
    screen.type(UP, ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.text).toBe('')
    expect(screen.screen()).not.toContain('╭ editing')
  })

  test('Esc and Ctrl+C leave the message be; what was typed is not lost', () => {
    for (const key of [ESCAPE, CTRL_C]) {
      const { screen } = talk()
      screen.type(UP, '!', key)
      expect(screen.text).toBe('')
      expect(screen.screen()).not.toContain('╭ editing')
      screen.type(CTRL_UP)
      expect(screen.text).toBe('yes, at nooon!')
      expect(screen.screen()).not.toContain('╭ editing')
      expect(screen.took()).toEqual([])
    }
  })

  test('never recalls an older text: that would be sent a second time', () => {
    const { screen } = talk()
    screen.type('first', ENTER)
    screen.type('second', ENTER)
    screen.took()
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    screen.client.receive(lobby, 'me', 'second')
    screen.dispatch({ type: 'changed' })
    screen.type(UP, UP, UP)
    expect(screen.screen()).toContain('me › second')
    screen.type(ENTER)
    expect(screen.took()).toEqual([])
    screen.type(UP, DOWN)
    expect([screen.text, roomScreen(screen.state).about]).toEqual(['', undefined])
  })

  test('with nothing to edit it says how to recall', () => {
    const screen = new Updates()
    screen.type(UP)
    expect(screen.text).toBe('')
    expect(screen.screen()).toContain('Ctrl+Up recalls what you sent')
  })

  test('Ctrl+Up leaves an edit that changed nothing, and not another', () => {
    const { screen } = talk()
    screen.type('half a thought', CTRL_C, UP, CTRL_UP)
    expect(screen.text).toBe('half a thought')
    expect(screen.screen()).toContain('me › half')
    screen.type(CTRL_C, UP, '!', CTRL_UP)
    expect(screen.text).toBe('yes, at nooon!')
    expect(screen.screen()).toContain('Enter or Esc first')
  })

  test('a text that begins with a slash stays one', () => {
    const { screen, lobby } = talk()
    screen.client.receive(lobby, 'me', '/etc/passwd')
    screen.type(UP)
    expect(screen.text).toBe('//etc/passwd')
    screen.type('x', ENTER)
    expect(screen.took()).toContainEqual({ type: 'edit', room: 'lobby', target: 4, text: '/etc/passwdx' })
  })

  test('a message that is not stored yet waits with its new text', () => {
    const { screen, lobby } = talk()
    screen.client.say('lobby', 'teh cat')
    screen.dispatch({ type: 'changed' })
    screen.type(UP, '!', ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.text).toBe('teh cat!')
    expect(screen.screen()).toContain('not stored yet')
    const [sent] = lobby.outbox
    screen.client.receive(lobby, 'me', 'teh cat')
    const stored = lobby.timeline.at(-1)
    if (sent === undefined || stored?.kind !== 'message') throw new Error('not said')
    lobby.timeline[lobby.timeline.length - 1] = { ...stored, id: sent.id }
    lobby.outbox = []
    screen.type(ENTER)
    expect(screen.took()).toContainEqual({ type: 'edit', room: 'lobby', target: 4, text: 'teh cat!' })
  })

  test('nothing is no message', () => {
    const { screen } = talk()
    screen.type(UP, '\x15', ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.screen()).toContain('/delete removes it')
  })

  test('does nothing where the server serves no edits', () => {
    const { screen } = talk()
    screen.client.server = { name: 'old', version: '0', features: [] }
    screen.type(UP)
    expect(screen.text).toBe('')
  })
})

describe('a selected message', () => {
  test('is marked, holds the cursor, and moves with the arrows', () => {
    const { screen } = talk()
    screen.type(CTRL_S)
    expect(screen.screen()).toContain('14:02 ▌fine')
    screen.type('k')
    expect(screen.screen()).toContain('14:01 ▌yes, at nooon')
    screen.type(DOWN)
    expect(screen.screen()).toContain('14:02 ▌fine')
    screen.type('j')
    expect(screen.screen()).not.toContain('▌fine')
  })

  test('R answers it, and the message says what it answers', () => {
    const { screen } = talk()
    screen.type(CTRL_S, UP, UP, 'r', 'of course')
    expect(screen.screen()).toContain('╭ answering alice: shall we ship?')
    expect(screen.screen()).toContain('me › of course')
    screen.type(ENTER)
    expect(screen.took()).toEqual([{ type: 'say', room: 'lobby', text: 'of course', replyTo: 1 }])
  })

  test('an answer that was begun before a restart still answers, also while its message is not loaded', () => {
    const { screen } = talk()
    screen.type(CTRL_S, UP, UP, 'r', 'of course')
    const kept = composedOf(roomScreen(screen.state))
    expect(kept).toMatchObject({ draft: 'of course', answers: { seq: 1 } })
    for (const isLoaded of [true, false]) {
      const again = new Updates(client => {
        const lobby = client.open('lobby')
        if (isLoaded) lobby.timeline = [...(screen.client.rooms.get('lobby')?.timeline ?? [])]
      })
      again.state = {
        ...initialState(again.state.size, NOON, 'lobby', new Map([['lobby', kept]])),
        current: 'lobby',
      }
      again.type(ENTER)
      expect(again.took()).toEqual([{ type: 'say', room: 'lobby', text: 'of course', replyTo: 1 }])
    }
  })

  test('Esc makes an answer a plain message, with its text', () => {
    const { screen } = talk()
    screen.type(CTRL_S, 'r', 'of course', ESCAPE, ENTER)
    expect(screen.took()).toEqual([{ type: 'say', room: 'lobby', text: 'of course' }])
  })

  test('E edits it, if it is ours', () => {
    const { screen } = talk()
    screen.type(CTRL_S, 'e')
    expect(screen.screen()).toContain('you can edit only your own messages')
    screen.type(UP, 'e')
    expect(screen.screen()).toContain('me › yes, at nooon')
  })

  test('E puts the draft aside, and the edit gives it back, sent or not', () => {
    for (const end of [ENTER, ESCAPE, CTRL_C]) {
      const { screen } = talk()
      screen.type('a draft', CTRL_S, UP, 'e')
      expect(screen.screen()).toContain('me › yes, at nooon')
      expect(composedOf(roomScreen(screen.state)).draft).toBe('a draft')
      screen.type('!', end)
      expect(screen.text).toBe('a draft')
      expect(screen.screen()).toContain('me › a draft')
      screen.took()
    }
  })

  test.each([
    ['D and Ctrl+D', ['d', CTRL_D]],
    ['Del twice', [DELETE, DELETE]],
  ])('%s delete it, if it is ours', (_, keys) => {
    const { screen } = talk()
    screen.type(CTRL_S, 'd')
    expect(screen.screen()).toContain('you can delete only your own messages')
    screen.type(UP, keys[0] ?? '')
    expect(screen.took()).toEqual([])
    expect(screen.screen()).toMatch(/▌yes, at nooon.*▌delete this message for everybody\? Ctrl\+D/s)
    screen.type(keys[1] ?? '')
    expect(screen.took()).toEqual([{ type: 'delete', room: 'lobby', target: 2 }])
  })

  test.each([
    ['D', ['d', 'd']],
    ['Enter', ['d', ENTER]],
    ['a letter', ['d', 'x', CTRL_D]],
    ['a move', ['d', DOWN, UP, CTRL_D]],
    ['a page', ['d', '\x1b[5~', CTRL_D]],
    ['the help', ['d', '\x1bOP', ESCAPE, CTRL_D]],
    ['another room', ['d', '\x0e', '\x10', CTRL_D]],
  ])('%s confirms no deletion, and takes the question back', (_, keys) => {
    const { screen } = talk()
    screen.type(CTRL_S, UP, ...keys)
    expect(screen.took().filter(({ type }) => type === 'delete')).toEqual([])
  })

  test.each(['did you see it', 'just a moment', 'quite', '2 pm?', 'kafka', '+ 1', 'x'])(
    'text that is typed by habit is typed: %s',
    text => {
      const { screen } = talk()
      screen.type(CTRL_S, UP, ...text)
      expect(screen.took()).toEqual([])
      expect(screen.text).toBe(text)
    },
  )

  test('after a pause only the last letter is typed: those before were keys', () => {
    const { screen } = talk()
    screen.type(CTRL_S, 'k')
    screen.wait(2_000)
    screen.type('u')
    expect(screen.text).toBe('u')
  })

  test('+ and a digit react, and take it back', () => {
    const { screen, lobby } = talk()
    screen.type(CTRL_S, '+')
    expect(screen.screen()).toContain('▌1 👍')
    screen.type('1')
    expect(screen.took()).toEqual([{ type: 'react', room: 'lobby', target: 3, emoji: '👍', on: true }])
    const entry = lobby.timeline[2]
    if (entry?.kind === 'message')
      lobby.timeline[2] = { ...entry, reactions: { '👍': { names: ['Me'], count: 1 } } }
    screen.type('+', '1')
    expect(screen.took()).toEqual([{ type: 'react', room: 'lobby', target: 3, emoji: '👍', on: false }])
  })

  test('Y copies its text, and what is typed by habit is not lost', () => {
    const { screen } = talk()
    screen.type(CTRL_S, 'y')
    expect(screen.took()).toEqual([{ type: 'copy', text: 'fine' }])
    screen.type('u')
    expect(screen.text).toBe('yu')
  })

  test('what Y copies holds nothing that is not seen', () => {
    const { screen, lobby } = talk()
    screen.client.receive(lobby, 'bob', 'ls\x1b[201~\u200b\r\n\x1b]52;c;eA==\x07\x9b31mrm')
    screen.dispatch({ type: 'changed' })
    screen.type(CTRL_S, 'y')
    const [copied] = screen.took().filter(effect => effect.type === 'copy')
    expect(copied?.text).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200b]/)
  })

  test('O opens its address, or asks which of several', () => {
    const { screen, lobby } = talk()
    screen.type(CTRL_S, 'o')
    expect(screen.screen()).toContain('there is no address in this message')
    screen.client.receive(lobby, 'bob', 'see https://a.example/x.')
    screen.dispatch({ type: 'changed' })
    screen.type(DOWN, 'o')
    expect(screen.took()).toEqual([{ type: 'open', target: 'https://a.example/x' }])
    screen.client.receive(lobby, 'bob', 'https://a.example/1 and https://b.example/2')
    screen.dispatch({ type: 'changed' })
    screen.type(DOWN, 'o')
    expect(screen.screen()).toMatch(/▌1 https:\/\/a\.example\/1.*▌2 https:\/\/b\.example\/2/s)
    screen.type('2')
    expect(screen.took()).toEqual([{ type: 'open', target: 'https://b.example/2' }])
    screen.type('o', '7')
    expect(screen.took()).toEqual([])
  })

  test('a long one is folded; Space shows it whole, and folds it again', () => {
    const { screen, lobby } = talk()
    const lines = Array.from({ length: 21 }, (_, at) => `line ${at}`)
    screen.client.receive(lobby, 'bob', lines.join('\n'))
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toContain('▸ 11 more rows (Ctrl+S, Space)')
    expect(screen.screen()).not.toContain('line 15')
    const entry = lobby.timeline.at(-1)
    if (entry?.kind !== 'message') throw new Error('no message')
    const reactions = { '🎉': { names: ['alice'], count: 1 } }
    lobby.timeline[lobby.timeline.length - 1] = { ...entry, edited: 9, reactions }
    screen.client.changed(lobby)
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toMatch(/more rows \(Ctrl\+S, Space\) {2}\(edited\)\n.*🎉 alice/)
    screen.type(CTRL_S, ' ')
    expect(screen.screen()).toContain('line 20')
    screen.type(' ')
    expect(screen.screen()).not.toContain('line 20')
  })

  test('Esc, Ctrl+C and Ctrl+S go back to the composer', () => {
    for (const key of [ESCAPE, CTRL_C, CTRL_S]) {
      const { screen } = talk()
      screen.type(CTRL_S, key, 'x')
      expect(screen.text).toBe('x')
      expect(screen.screen()).not.toContain('again to quit')
    }
  })

  test('stays in sight in a long room, up and down', () => {
    const screen = new Updates(
      client => {
        const lobby = client.open('lobby')
        for (let at = 1; at <= 60; at++) client.receive(lobby, at % 2 ? 'alice' : 'bob', `number ${at}`)
      },
      60,
      12,
    )
    screen.type(CTRL_S)
    for (let at = 0; at < 40; at++) screen.type(UP)
    expect(screen.screen()).toContain('▌number 20')
    for (let at = 0; at < 30; at++) screen.type(DOWN)
    expect(screen.screen()).toContain('▌number 50')
  })

  test('one that is deleted meanwhile lets go', () => {
    const { screen, lobby } = talk()
    screen.type(CTRL_S)
    const entry = lobby.timeline[2]
    if (entry?.kind === 'message')
      lobby.timeline[2] = { ...entry, text: undefined, deleted: { seq: 9, by: 'bob', ts: NOON } }
    screen.type('r')
    expect(roomScreen(screen.state).about).toBeUndefined()
    expect(roomScreen(screen.state).selection).toBeUndefined()
  })
})

describe('Alt+L', () => {
  test('shows the messages without columns, line by line; of a selected one that alone', () => {
    const { screen, lobby } = talk()
    screen.client.receive(lobby, 'bob', 'two\nlines')
    screen.dispatch({ type: 'changed' })
    screen.type('\x1bl')
    expect(screen.took()).toContainEqual({
      type: 'bare',
      lines: ['alice: shall we ship?', 'me: yes, at nooon', 'bob: fine', 'bob: two', 'lines'],
      isWhole: false,
    })
    screen.type(CTRL_S, '\x1bl')
    expect(screen.took()).toContainEqual({ type: 'bare', lines: ['bob: two', 'lines'], isWhole: true })
  })
})

describe('commands about messages', () => {
  test.each([
    ['/delete', { type: 'delete', room: 'lobby', target: 2 }],
    ['/react 🎉', { type: 'react', room: 'lobby', target: 3, emoji: '🎉', on: true }],
    ['/reply of course', { type: 'say', room: 'lobby', text: 'of course', replyTo: 3 }],
  ])('%s', (typed, effect) => {
    const { screen } = talk()
    screen.type(typed, ENTER)
    expect(screen.took()).toEqual([effect])
  })

  test.each([
    ['/delete', 'deleted for everybody: me: “yes, at nooon”'],
    ['/react 🎉', '🎉 to bob: “fine”'],
    ['/reply of course', 'in answer to bob: “fine”'],
  ])('%s says on what it acted, which may be off the screen', (typed, told) => {
    const { screen } = talk()
    screen.type(typed, ENTER)
    expect(screen.screen().split('\n').at(-1)).toContain(told)
  })

  test('/react a second time takes the reaction back, and says so', () => {
    const { screen, lobby } = talk()
    const last = lobby.timeline.at(-1)
    if (last?.kind !== 'message') throw new Error('no message')
    lobby.timeline[lobby.timeline.length - 1] = { ...last, reactions: { '🎉': { names: ['me'], count: 1 } } }
    screen.type('/react 🎉', ENTER)
    expect(screen.took()).toEqual([{ type: 'react', room: 'lobby', target: 3, emoji: '🎉', on: false }])
    expect(screen.screen()).toContain('🎉 taken back from bob: “fine”')
  })

  test('/react with a short code is that emoji', () => {
    const { screen } = talk()
    screen.type('/react :thumbsup:', ENTER)
    const asked = { type: 'emoji', room: 'lobby', target: 3, code: 'thumbsup' } as const
    expect(screen.took().filter(({ type }) => type !== 'loadEmoji')).toEqual([asked])
    screen.dispatch({ ...asked, emoji: '👍' })
    expect(screen.took()).toEqual([{ type: 'react', room: 'lobby', target: 3, emoji: '👍', on: true }])
    expect(screen.screen()).toContain('👍 to bob: “fine”')
  })

  test('/react with a short code that does not exist reacts with nothing, and says so', () => {
    const { screen } = talk()
    screen.dispatch({ type: 'emoji', room: 'lobby', target: 3, code: 'nonsuch', emoji: undefined })
    expect(screen.took()).toEqual([])
    expect(screen.screen()).toContain('there is no emoji :nonsuch:')
  })

  test.each(['/react', '/react two words', `/react ${'x'.repeat(40)}`, '/reply'])(
    '%s is refused with the reason, and stays',
    typed => {
      const { screen } = talk()
      screen.type(typed, ENTER)
      expect(screen.took()).toEqual([])
      expect(screen.text).toBe(typed)
    },
  )
})

describe('what is under way', () => {
  test('an edit, a deletion and a reaction show at their message, and what failed below, with the reason', () => {
    const { screen, lobby } = talk()
    const base = { roomKey: 'lobby', ts: NOON, state: { status: 'sending' } } as const
    lobby.outbox = [
      {
        ...base,
        id: 'a',
        request: { action: 'edit', room: 'lobby', target: 2, message: 'yes, at noon', id: 'a' },
      },
      {
        ...base,
        id: 'b',
        request: { action: 'react', room: 'lobby', target: 3, emoji: '🎉', on: true, id: 'b' },
      },
    ]
    screen.client.changed(lobby)
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toMatch(/me {4}14:01 {2}yes, at noon \(edited\) +… saving/)
    expect(screen.screen()).toContain('🎉 me')
    screen.client.settle(lobby, 0, { status: 'failed', code: 'forbidden', message: 'it is not yours' })
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toMatch(/me {4}14:01 {2}yes, at nooon$/m)
    expect(screen.screen()).toContain('✗ edit: yes, at noon')
    expect(screen.screen()).toContain('not sent: it is not yours')
    lobby.outbox = [{ ...base, id: 'c', request: { action: 'delete', room: 'lobby', target: 2, id: 'c' } }]
    screen.client.changed(lobby)
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toContain('deleting…')
  })

  test('a deleted message shows the time, and the user if another one deleted it', () => {
    const { screen, lobby } = talk()
    for (const [at, by, ts] of [
      [0, 'Alice', NOON + 60_000],
      [2, 'chatd', NOON + 24 * 3_600_000],
    ] as const) {
      const entry = lobby.timeline[at]
      if (entry?.kind !== 'message') throw new Error('no message')
      lobby.timeline[at] = { ...entry, text: undefined, deleted: { seq: 9, by, ts } }
    }
    screen.client.changed(lobby)
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toMatch(/alice 14:00 {2}message deleted at 14:01/)
    expect(screen.screen()).toContain('message deleted by chatd on Tuesday 24')
  })

  test('an answer quotes what it answers, or says that it is not here', () => {
    const { screen, lobby } = talk()
    const answer = screen.client.receive(lobby, 'bob', 'of course')
    lobby.timeline[3] = { ...answer, replyTo: 1 }
    screen.client.changed(lobby)
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toMatch(/╭ alice: shall we ship\?\n.* of course/)
    lobby.timeline.splice(0, 1)
    screen.client.changed(lobby)
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toContain('╭ an earlier message')
  })
})

describe('searching', () => {
  const hit = (seq: number, message: string, room = 'lobby'): ChatEvent => ({
    action: 'chat',
    room,
    seq,
    prev: seq - 1,
    ts: NOON,
    from: 'alice',
    id: `h${seq}`,
    message,
  })

  test('the words are sent with the wanted room and author', () => {
    const { screen } = talk()
    screen.type('/search in:here from:@alice before:2026-11-20 ship it', ENTER)
    expect(screen.took()).toEqual([
      {
        type: 'search',
        asked: 'in:here from:@alice before:2026-11-20 ship it',
        query: { query: 'ship it', room: 'lobby', from: 'alice', until: Date.UTC(2026, 10, 20) },
      },
    ])
    expect(screen.screen()).toContain('searching…')
  })

  test.each([
    '/search',
    '/search in:dev',
    '/search from:a/b x',
    '/search before:yesterday x',
    '/search in:#a/b x',
  ])('%s is refused with the reason', typed => {
    const { screen } = talk()
    screen.type(typed, ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.text).toBe(typed)
  })

  test('hits are listed; Enter shows what is around one, Enter again goes to it', () => {
    const { screen, lobby } = talk()
    screen.type('/search ship', ENTER)
    screen.took()
    const hits = [hit(7, 'ship seven', 'ops'), hit(1, 'shall we ship?')]
    screen.dispatch({
      type: 'found',
      asked: 'ship',
      cursor: undefined,
      answer: { ok: true, value: { hits } },
    })
    expect(screen.screen()).toContain('Search: ship  1 of 2')
    expect(screen.screen()).toContain('#ops  alice')
    expect(screen.screen()).toContain('Monday 23 November 2026 14:00')
    screen.type(DOWN, ENTER)
    expect(screen.took()).toEqual([{ type: 'context', room: 'lobby', seq: 1 }])
    const events = [hit(1, 'shall we ship?'), hit(2, 'yes, at noon')]
    const value = { events, first: 1, last: 2, moreBefore: false, moreAfter: false } as never
    screen.dispatch({ type: 'context', seq: 1, answer: { ok: true, value } })
    expect(screen.screen()).toContain('Around it')
    expect(screen.screen()).toContain('yes, at noon')
    screen.type(ESCAPE)
    expect(screen.screen()).toContain('2 of 2')
    screen.type(ENTER, ENTER)
    expect(screen.state.overlay).toBeUndefined()
    expect(roomScreen(screen.state).selection?.id).toBe(
      lobby.timeline[0]?.kind === 'message' ? lobby.timeline[0].id : '',
    )
  })

  test('below the last hit the next page is asked for', () => {
    const { screen } = talk()
    screen.type('/search ship', ENTER)
    const page = (hits: ChatEvent[], cursor?: string) =>
      ({ ok: true, value: cursor === undefined ? { hits } : { hits, cursor } }) as const
    screen.dispatch({ type: 'found', asked: 'ship', cursor: undefined, answer: page([hit(3, 'a')], '3') })
    screen.took()
    screen.type(DOWN)
    expect(screen.took()).toEqual([{ type: 'search', asked: 'ship', query: { query: 'ship', cursor: '3' } }])
    screen.dispatch({ type: 'found', asked: 'ship', cursor: '3', answer: page([hit(1, 'b')]) })
    expect(screen.screen()).toContain('1 of 2')
  })

  test('nothing found, a refusal and an answer to an older question say so or change nothing', () => {
    const { screen } = talk()
    screen.type('/search ship', ENTER)
    const nothing: { ok: true; value: { hits: ChatEvent[] } } = { ok: true, value: { hits: [] } }
    screen.dispatch({ type: 'found', asked: 'other', cursor: undefined, answer: nothing })
    expect(screen.screen()).toContain('searching…')
    screen.dispatch({ type: 'found', asked: 'ship', cursor: undefined, answer: nothing })
    expect(screen.screen()).toContain('nothing found')
    screen.type(ESCAPE, '/search ship', ENTER)
    const refused = { ok: false, error: { code: 'offline', message: 'the line is down' } } as const
    screen.dispatch({ type: 'found', asked: 'ship', cursor: undefined, answer: refused })
    expect(screen.state.overlay).toBeUndefined()
    expect(screen.screen()).toContain('not found: the line is down')
  })
})
