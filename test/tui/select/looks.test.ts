/** What tells the parts of the screen from each other: tones, bars, columns and widths. */

import { describe, expect, test } from 'vitest'
import type { RoomMember } from '../../../src/client/room.ts'
import { type Frame, frameOf } from '../../../src/tui/select/frame.ts'
import type { Row } from '../../../src/tui/select/row.ts'
import { inkOf } from '../../../src/tui/select/theme.ts'
import type { FakeClient } from '../fakeClient.ts'
import { Updates } from '../update/world.ts'

function frame(prepare: (client: FakeClient) => void, columns = 80, rows = 24): Frame {
  const screen = new Updates(prepare, columns, rows)
  const made = frameOf(screen.state, screen.world)
  if (made === undefined) throw new Error('no frame')
  return made
}

const textOf = (row: Row): string => row.map(({ text }) => text).join('')
const textsOf = (rows: readonly Row[]): string[] => rows.map(textOf).filter(text => text !== '')

/** The row with a text, and the tone of that text. */
function found(rows: readonly Row[], text: string): { readonly row: Row; readonly tone: string | undefined } {
  const row = rows.find(candidate => textOf(candidate).includes(text)) ?? []
  return { row, tone: row.find(part => part.text.includes(text))?.tone }
}

const says = (text: string) => (client: FakeClient) => client.receive(client.open('lobby'), 'alice', text)

describe('a quote in a message', () => {
  const { timeline } = frame(
    says('> we *can* hold `it`, @bob\n> or not\nthen I do\n> both\n```css\na {}\n```'),
  )

  test('has its bar over the words below it, wherever it stands', () => {
    expect(textsOf(timeline).slice(-5)).toEqual([
      ' alice 14:00    ▎ we *can* hold `it`, @bob',
      '                ▎ or not',
      '                then I do',
      '                ▎ both',
      expect.stringMatching(/^ {14}┃ a \{\} +css$/),
    ])
  })

  test('is dim, with people and links as elsewhere; a program has a bar of another tone', () => {
    const { row } = found(timeline, 'hold')
    const tones = new Set(row.filter(({ text }) => /\w/.test(text)).map(({ tone }) => tone))
    expect([...tones].filter(tone => !/^(person|name)/.test(tone))).toEqual(['dim'])
    expect([...tones].some(tone => tone.startsWith('person'))).toBe(true)
    expect(found(timeline, 'then I do').tone).toBe('text')
    expect(found(timeline, '▎').tone).toBe('dim')
    expect(found(timeline, '┃').tone).toBe('code')
  })
})

test('the whole line over new messages is of one colour', () => {
  const { timeline } = frame(client => {
    const lobby = client.open('lobby')
    client.receive(lobby, 'alice', 'old')
    client.allRead(lobby)
    client.receive(lobby, 'alice', 'fresh')
  })
  const { row } = found(timeline, 'new')
  expect(new Set(row.map(({ tone }) => tone))).toEqual(new Set(['fresh']))
})

test('a room in a message is underlined as a link, a program is not, and has not the colour of the current room', () => {
  for (const colors of [16, 256] as const) {
    expect(inkOf('room', colors)[0]).toContain('\x1b[4m')
    expect(inkOf('code', colors)[0]).not.toContain('\x1b[4m')
    expect(inkOf('here', colors)[0]).not.toContain(inkOf('code', colors)[0])
  }
})

test('keys in hints are as loud as the text, not louder', () => {
  expect(found([frame(says('hi')).status], 'Ctrl+K').tone).toBe('text')
})

describe('where a room begins', () => {
  test('one rule tells the day too, and the upper rule does not tell it again', () => {
    const { timeline, rules } = frame(says('hello'), 80, 12)
    expect(textsOf(timeline)).toEqual([
      ' ─────────── the beginning of #lobby · Mon 23 Nov ────────────',
      expect.stringContaining(' new '),
      ' alice 14:00  hello',
    ])
    expect(textOf(rules?.top ?? [])).not.toContain('Mon')
  })

  test('a long name is cut rather than the day', () => {
    const { timeline } = frame(
      client => client.receive(client.open('a-name-'.repeat(9)), 'alice', 'hello'),
      60,
    )
    expect(textsOf(timeline)[0]).toMatch(/ ─ the beginning of #a-nam… · Mon 23 Nov ─/)
  })

  test('two rules stand where something is between them', () => {
    const { timeline } = frame(client => {
      const lobby = client.open('lobby', { moreBefore: true })
      client.receive(lobby, 'alice', 'hello')
    })
    expect(textsOf(timeline).slice(0, 2)).toEqual([
      expect.stringContaining('earlier messages'),
      expect.stringContaining('Monday 23 November 2026'),
    ])
  })
})

describe('the tail of a message at the top', () => {
  test.each([
    ['alice', undefined, ' alice '],
    ['alice', true, ' ~alice '],
    ['Bartholomew', undefined, ' Bar… '],
  ] as const)('of %s (guest: %s) has the dim name of its sender', (from, guest, name) => {
    const { timeline } = frame(
      client => {
        const lobby = client.open('lobby')
        const entry = client.receive(lobby, from, 'row 1\nrow 2\nrow 3\nrow 4 @me')
        lobby.timeline[0] = { ...entry, ...(guest === undefined ? {} : { guest }) }
      },
      50,
      5,
    )
    const [top = [], below = []] = timeline
    expect(textOf(top).slice(0, name.length)).toBe(name)
    expect(top.find(({ text }) => /\w/.test(text))?.tone).toBe('dim')
    expect(textOf(top)).toMatch(/▐ {3}row 3$/)
    expect(textOf(below)).toMatch(/^ +▐ {3}row 4 @me$/)
    expect(textOf(top).indexOf('▐')).toBe(textOf(below).indexOf('▐'))
  })

  test('of a message of ours that is not sent yet has our name', () => {
    const { timeline } = frame(
      client => {
        client.open('lobby')
        client.say('lobby', 'row 1\nrow 2\nrow 3')
      },
      50,
      5,
    )
    expect(textsOf(timeline)[0]).toMatch(/^ me +row 2$/)
  })

  test('stands before its reactions too', () => {
    const { timeline } = frame(
      client => {
        const lobby = client.open('lobby')
        const entry = client.receive(lobby, 'alice', 'row 1')
        lobby.timeline[0] = { ...entry, reactions: { '👍': { names: ['bob'], count: 1 } } }
        client.receive(lobby, 'bob', 'next')
        client.allRead(lobby)
      },
      50,
      5,
    )
    expect(textsOf(timeline)).toEqual([' alice          👍 bob', ' bob   14:01  next'])
  })

  test('has no other name where the first row is there', () => {
    const { timeline } = frame(says('row 1\nrow 2'), 50, 5)
    expect(textsOf(timeline)).toEqual([' alice 14:00  row 1', '                row 2'])
  })
})

describe('on a wide terminal', () => {
  const members = (...names: string[]) =>
    new Map(names.map(name => [name, { name, away: undefined } satisfies RoomMember]))

  test('the header leaves to the people beside the timeline what they tell', () => {
    const prepare = (client: FakeClient) =>
      client.open('lobby', { topic: 'be kind', people: 2, members: members('me', 'bob') })
    expect(textOf(frame(prepare, 159).header).trim()).toMatch(/^#lobby {2}be kind +2 people$/)
    expect(textOf(frame(prepare, 160).header).trim()).toBe('#lobby  be kind')
    expect(textsOf(frame(prepare, 160).people)[0]).toBe(' 2 people')
  })

  test.each([
    [159, 26],
    [160, 20],
  ])('of %i columns the list of rooms has %i cells for short names', (columns, cells) => {
    expect(frame(says('hi'), columns).layout.sidebar).toBe(cells)
  })

  test('the list of rooms is as wide as its longest name with a count, folded or not, up to a limit', () => {
    const named = (...names: string[]) =>
      frame(client => names.map(name => client.open(name)), 160, 12).layout.sidebar
    expect(named('lobby', 'release-candidates')).toBe(25)
    expect(named('lobby', '@release-candidates')).toBe(27)
    expect(named(...Array.from({ length: 30 }, (_, at) => `r${at}`), 'release-candidates')).toBe(25)
    expect(named('release-engineering-deploys')).toBe(32)
  })

  test('the list of people is as wide as its longest name', () => {
    const wide = (...names: string[]) =>
      frame(client => client.open('lobby', { members: members(...names) }), 200).layout.people
    expect(wide('me', 'bob')).toBe(16)
    expect(wide('me', 'bartholomew_the_third')).toBe(25)
    expect(wide('me', 'x'.repeat(60))).toBe(30)
    expect(frame(says('hi'), 200).timeline.every(row => textOf(row).length <= 200)).toBe(true)
  })
})
