import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../../src/protocol/events.ts'
import { roomScreen } from '../../../src/tui/model/state.ts'
import { frameOf } from '../../../src/tui/select/frame.ts'
import { NOON } from '../fakeClient.ts'
import { Updates } from './world.ts'

const ENTER = '\r'
const ESCAPE = '\x1b'
const DOWN = '\x1b[B'
const PAGE_UP = '\x1b[5~'
const PAGE_DOWN = '\x1b[6~'
const HOME = '\x1b[H'
const END = '\x1b[F'
const CTRL_O = '\x0f'

function hit(seq: number, message: string, room = 'lobby'): ChatEvent {
  return { action: 'chat', room, seq, prev: seq - 1, ts: NOON, from: 'alice', id: `h${seq}`, message }
}

/** A screen at the answer to a search. */
function searching(asked: string, hits: readonly ChatEvent[], cursor?: string): Updates {
  const screen = new Updates(client => {
    const lobby = client.open('lobby')
    for (let at = 1; at <= 60; at++) client.receive(lobby, 'alice', `message ${at}`)
    client.allRead(lobby)
    const ops = client.open('ops')
    for (let at = 1; at <= 60; at++) client.receive(ops, 'bob', `task ${at}`)
    client.allRead(ops)
  })
  screen.type(`/search ${asked}`, ENTER)
  answer(screen, asked, hits, cursor)
  screen.took()
  return screen
}

function answer(screen: Updates, asked: string, hits: readonly ChatEvent[], cursor?: string): void {
  const value = cursor === undefined ? { hits: [...hits] } : { hits: [...hits], cursor }
  screen.dispatch({ type: 'found', asked, cursor: undefined, answer: { ok: true, value } })
}

/** The marked parts of the screen. */
function marked(screen: Updates): readonly string[] {
  const rows = frameOf(screen.state, screen.world)?.overlay?.rows ?? []
  return rows.flatMap(row => row.filter(({ tone }) => tone === 'match').map(({ text }) => text))
}

describe('a hit', () => {
  test.each([
    ['part of a word', 'kafk', 'the kafka cluster', ['kafk']],
    ['a sentence without spaces', '会议', '明天的会议取消了', ['会议']],
    ['another case and other accents', 'CAFE', 'in the Café', ['Café']],
    ['a phrase', '"at noon" from:alice', 'noon: at  noon', ['at  noon']],
    ['a whole character', '👍', 'fine 👍🏽', ['👍🏽']],
    ['all that was asked for', 'one two', 'two and one', ['two', 'one']],
    ['a name alone', 'from:alice', 'from alice', []],
  ])('marks %s', (_, asked, message, parts) => {
    expect(marked(searching(asked, [hit(1, message)]))).toEqual(parts)
  })

  test('shows the part of a long text in which it is', () => {
    const text = `${'a long way off '.repeat(40)}the needle lies ${'and goes on '.repeat(20)}`
    const screen = searching('needle', [hit(1, text)])
    expect(marked(screen)).toEqual(['needle'])
    expect(screen.screen()).toMatch(/▌ ….*off the needle lies and goes on/)
  })

  test('is marked among the messages around it too', () => {
    const screen = searching('needle', [hit(5, 'a needle')])
    screen.type(ENTER)
    const events = [hit(4, 'no needle here'), hit(5, 'a needle')]
    const value = { events, first: 1, last: 5, moreBefore: false, moreAfter: false } as never
    screen.dispatch({ type: 'context', seq: 5, answer: { ok: true, value } })
    expect(screen.screen()).toContain('Around it')
    expect(marked(screen)).toEqual(['needle'])
  })
})

describe('going through the hits', () => {
  test('PgDn, PgUp, End and Home', () => {
    const hits = Array.from({ length: 50 }, (_, at) => hit(50 - at, `hit ${50 - at}`))
    const screen = searching('hit', hits, '1')
    const chosen = (): string | undefined => /(\d+) of 50/.exec(screen.screen())?.[1]
    screen.type(PAGE_DOWN)
    expect(chosen()).toBe('9')
    screen.type(PAGE_DOWN, PAGE_UP)
    expect(chosen()).toBe('9')
    screen.type(END)
    expect([chosen(), screen.took()]).toEqual(['50', []])
    // Beyond the last one, the next page is asked for.
    screen.type(END)
    expect(screen.took()).toMatchObject([{ type: 'search', query: { cursor: '1' } }])
    screen.type(HOME)
    expect(chosen()).toBe('1')
  })
})

describe('after a jump to a hit there is a way back', () => {
  test('Ctrl+O shows the hits again, and Ctrl+O in them what was read before', () => {
    const screen = searching('message', [hit(3, 'message 3'), hit(64, 'task 4', 'ops')])
    screen.type(ESCAPE, '\x1b[5~')
    const before = { current: screen.state.current, anchor: roomScreen(screen.state).anchor }
    expect(before.anchor).not.toBe('bottom')
    screen.type(CTRL_O, DOWN, ENTER, ENTER)
    expect(screen.state.current).toBe('ops')
    screen.type(CTRL_O)
    expect(screen.screen()).toContain('2 of 2')
    expect(screen.screen()).toContain('Ctrl+O back')
    screen.type(CTRL_O)
    expect(screen.state.overlay).toBeUndefined()
    expect({ current: screen.state.current, anchor: roomScreen(screen.state).anchor }).toEqual(before)
    expect(roomScreen(screen.state).selection).toBeUndefined()
  })

  test('Esc in the hits stays where the jump led', () => {
    const screen = searching('task', [hit(64, 'task 4', 'ops')])
    screen.type(ENTER, ENTER, CTRL_O, ESCAPE)
    expect([screen.state.current, screen.state.overlay]).toEqual(['ops', undefined])
  })

  test('before the first search, Ctrl+O says how to search', () => {
    const screen = new Updates()
    screen.type(CTRL_O)
    expect(screen.screen()).toContain('nothing was searched yet: /search WORDS')
  })
})

describe('what is asked for', () => {
  test.each([
    ['from:alice', { query: '', from: 'alice' }],
    ['from:@alice in:ops', { query: '', from: 'alice', room: 'ops' }],
    ['"release notes" from:alice', { query: '"release notes"', from: 'alice' }],
    ['"in:ops from:alice"', { query: '"in:ops from:alice"' }],
    ['“release notes', { query: '“release notes' }],
    ['before:2026-02-28 x', { query: 'x', until: Date.UTC(2026, 1, 28) }],
  ])('/search %s', (typed, query) => {
    const screen = new Updates()
    screen.type(`/search ${typed}`, ENTER)
    expect(screen.took()).toEqual([{ type: 'search', asked: typed, query }])
  })

  test.each(['in:ops', 'before:2026-02-30 x', 'before:2026-2-3 x', '?!', '"..."'])('%s is refused', typed => {
    const screen = new Updates()
    screen.type(`/search ${typed}`, ENTER)
    expect(screen.took()).toEqual([])
    expect(screen.text).toBe(`/search ${typed}`)
  })
})
