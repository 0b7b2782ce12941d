import { describe, expect, test } from 'vitest'
import {
  foldRoom,
  mentionedNames,
  mentions,
  parseConversation,
  parseUsername,
} from '../../src/protocol/names.ts'

describe('usernames', () => {
  test.each(['a', 'Alice', '_x', '9lives', 'a.b-c_d', 'x'.repeat(32)])('%j is one', name => {
    expect(parseUsername(name)).toEqual({ ok: true, value: name })
  })
  test.each([
    '',
    '.a',
    '-a',
    'a b',
    'é',
    'x'.repeat(33),
    'a\n',
    'chatd',
    'CHATD',
    'chatd.',
    '_chat-d',
    'Erased',
    'erased..',
    '@a',
    '__proto__ ',
  ])('%j is none', name => {
    expect(parseUsername(name)).toMatchObject({ ok: false, error: { code: 'name_invalid' } })
  })
})

describe('rooms', () => {
  test.each([
    ['dev', 'dev'],
    ['DEV', 'dev'],
    ['Ａ１', 'a1'],
    ['A\u0308rger', 'ärger'],
    ['İ', 'i\u0307'],
    ['ΣΟΦΟΣ', foldRoom('σοφος')],
    ['Straße', 'straße'],
    ['日本語', '日本語'],
    ['मराठी', 'मराठी'],
    ['a.b_c-d', 'a.b_c-d'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['ﬁn', 'fin'],
  ])('%j has the key %j', (room, key) => {
    expect(parseConversation(room)).toEqual({ ok: true, value: { kind: 'room', key, name: room } })
  })

  test.each([
    '',
    'a b',
    '#dev',
    'a/b',
    '\u0301a',
    'x'.repeat(65),
    '日'.repeat(43),
    'a\u200db',
    '\u3164',
    'a\ufe0f',
    '😀',
    '\ud800',
  ])('%j is none', room => {
    expect(parseConversation(room)).toMatchObject({ ok: false, error: { code: 'room_invalid' } })
  })

  test('a name that folding makes too long or invalid is refused too', () => {
    expect(parseConversation('ﷺ'.repeat(8))).toMatchObject({ ok: false })
    expect(parseConversation('ﬃ'.repeat(30))).toMatchObject({ ok: false })
  })

  test('folding twice is folding once', () => {
    for (const room of ['İSTANBUL', 'ΌΔΟΣ', 'Ǆ', 'ẞ', 'ﬀ', 'Å'])
      expect(foldRoom(foldRoom(room))).toBe(foldRoom(room))
  })

  test('folding knows no locale: the three kinds of i stay apart, and a sigma at the end is the small one there', () => {
    expect(new Set(['I', 'İ', 'ı'].map(foldRoom))).toHaveLength(3)
    expect(foldRoom('I')).toBe('i')
    expect(foldRoom('ΟΔΟΣ')).toBe('οδος')
  })

  test('folding any letter twice is folding it once', () => {
    const changed: string[] = []
    for (let code = 0; code <= 0x1ffff; code++) {
      const key = foldRoom(String.fromCodePoint(code))
      if (foldRoom(key) !== key) changed.push(code.toString(16))
    }
    expect(changed).toEqual([])
  })

  test('64 code points of two units each pass where they are few enough bytes', () => {
    expect(parseConversation('𐐀'.repeat(32))).toMatchObject({ ok: true })
    expect(parseConversation('𐐀'.repeat(33))).toMatchObject({ ok: false })
    expect(parseConversation('é'.repeat(64))).toMatchObject({ ok: true })
    expect(parseConversation('é'.repeat(65))).toMatchObject({ ok: false })
  })

  test('the hint about # is well-formed text, however long the room is', () => {
    const parsed = parseConversation(`#${'a'.repeat(63)}${'😀'.repeat(9)}`)
    expect(parsed).toMatchObject({ ok: false, error: { message: expect.stringContaining('without "#"') } })
    expect(parsed.ok || parsed.error.message.isWellFormed()).toBe(true)
  })

  test('@name is a conversation, the server takes none', () => {
    expect(parseConversation('@Alice')).toEqual({ ok: true, value: { kind: 'direct', with: 'Alice' } })
    expect(parseConversation('@')).toMatchObject({ ok: false, error: { code: 'name_invalid' } })
    expect(parseConversation('@chatD')).toMatchObject({ ok: false, error: { code: 'forbidden' } })
  })
})

describe('mentions', () => {
  test.each([
    ['@bob', true],
    ['hi @Bob, there', true],
    ['(@BOB)', true],
    ['look, @bob.', true],
    ['@bob...', true],
    ['@bobby', false],
    ['@bob-smith', false],
    ['bob@bob.example', false],
    ['mail@bob', false],
    ['bob', false],
    ['@@bob', true],
  ])('%j mentions bob: %s', (text, does) => {
    expect(mentions(text, 'bob')).toBe(does)
  })

  test('a text made to be slow to look through is not', () => {
    const text = `@a${'.'.repeat(100_000)}b `.repeat(10)
    const began = performance.now()
    expect(mentionedNames(text).size).toBe(1)
    // Looking back from each dot would take minutes.
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})
