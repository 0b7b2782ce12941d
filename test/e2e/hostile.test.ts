import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withoutOwnSequences } from '../ownSequences.ts'
import { Peer } from '../server/peer.ts'
import { hostileText } from '../tui/text/hostileText.ts'
import { Chatd, joined } from './programs.ts'
import type { Terminal } from './terminal.ts'

/** What each would do to a terminal that it reached. */
const ATTACKS = [
  'colour \x1b[31;1;7mred\x1b[0m',
  'clear \x1b[2J\x1b[3J\x1b[H',
  'move \x1b[1;1HFORGED\x1b[10A\x1b[99D',
  'scroll \x1b[5;10r\x1b[10S\x1bD\x1bM',
  'reset \x1bc\x1b[!p',
  'alternate \x1b[?1049l\x1b[?25l\x1b[?1000h\x1b[?2004l',
  'title \x1b]0;FORGED TITLE\x07\x1b]2;FORGED TITLE\x1b\\',
  'clipboard \x1b]52;c;Zm9yZ2Vk\x07',
  'link \x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\',
  'notify \x1b]9;FORGED\x07\x1b]777;notify;a;b\x07',
  'report \x1b[6n\x1b[c\x1b[>q\x1bP+q544e\x1b\\',
  'c1 \x9b31m\x9d0;FORGED\x9c\x90q\x9c\x85',
  'bell \x07 backspace \b\b\b\b tab \t carriage\rreturn form\ffeed vertical\vtab',
  'bidi \u202eesrever\u202c \u2066isolate\u2069 \u200f',
  'zero\u200bwidth\u2060\ufeff\u00ad',
  `marks a${'\u0301'.repeat(500)}b`,
  `joined ${'👩\u200d'.repeat(200)}`,
  'shift \x0e\x0flqqk \x1b(0lqqk\x1b(B',
  'half \x1b',
  'half \x1b[',
  'half \x1b]0;',
  'box ─│┴┬ \u{1f1e9} \u{1f1e9}\u{1f1ea}\u{1f1e9}',
]

/** Every sequence that a terminal obeys beyond colours and the few moves and modes that the screen itself uses. */
const FORBIDDEN: readonly (readonly [string, RegExp])[] = [
  ['a title, a link or the clipboard', /\x1b\]|\x9d/],
  ['a device control string', /\x1b[P_^X]|[\x90\x98\x9e\x9f]/],
  ['a bell', /\x07/],
  ['an eight-bit sequence', /[\x80-\x9f]/],
  ['another character set', /[\x0e\x0f]|\x1b[()*+]/],
  ['a reset', /\x1bc|\x1b\[!p/],
  ['a scrolling region', /\x1b\[\d*;?\d*r/],
  ['the mouse', /\x1b\[\?100[0-36]h/],
  ['a forged word', /\x1b\[1;1HFORGED/],
]

function expectUnharmed(terminal: Terminal): void {
  const rows = terminal.rows()
  expect(rows[0]).toMatch(/^ #dev/)
  expect(rows.at(-1)).toMatch(/^ ● online/)
  expect(terminal.brokenRows()).toEqual([])
  expect(terminal.isFullScreen).toBe(true)
  const border = rows[1]?.indexOf('┬') ?? -1
  for (let y = 2; y < rows.length - 3; y++) expect(terminal.cell(y, border)?.getChars()).toBe('│')
  const others = withoutOwnSequences(terminal.raw)
  for (const [what, pattern] of FORBIDDEN) expect(pattern.exec(others), what).toBeNull()
}

describe('a peer that sends every escape', () => {
  test('in messages: nothing moves, no colour, no title, no clipboard, no link', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev', { columns: 100, rows: 60 })
    const mallory = await Peer.full(chatd, 'mallory')
    await mallory.ask({ action: 'joinroom', room: 'dev' })
    for (const [number, attack] of ATTACKS.entries()) {
      const answer = await mallory.ask({ action: 'chat', room: 'dev', message: `${number} ${attack}` })
      expect(answer.action).toBe('ok')
    }
    await mallory.ask({ action: 'chat', room: 'dev', message: 'the last' })
    await alice.waitFor('the last')
    await alice.settle()
    expectUnharmed(alice)
    // The attack that would be red is not: neither its colour nor its reversal.
    const y = alice.rows().findIndex(row => row.includes('0 colour'))
    const x = alice.rows()[y]?.indexOf('red') ?? -1
    expect(alice.cell(y, x)?.getChars()).toBe('r')
    expect(alice.cell(y, x)?.isFgDefault()).toBe(true)
    expect(alice.cell(y, x)?.isInverse()).toBe(0)
  })

  test('in the topic and while typing a name', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev')
    const mallory = await Peer.full(chatd, 'mallory')
    await mallory.ask({ action: 'joinroom', room: 'dev' })
    for (const attack of ATTACKS) {
      await mallory.ask({ action: 'topic', room: 'dev', topic: attack })
      await mallory.ask({ action: 'away', message: attack })
    }
    await mallory.ask({ action: 'topic', room: 'dev', topic: 'the last topic' })
    await alice.waitFor(/^ #dev {2}the last topic/)
    alice.type('/who\r')
    await alice.waitFor('mallory')
    await alice.settle()
    expectUnharmed(alice)
  })

  test('in hundreds of random mixtures, at two widths', async () => {
    const chatd = await Chatd.start()
    const wide = await joined(chatd, 'alice', 'dev', { columns: 120, rows: 50 })
    const narrow = await joined(chatd, 'bob', 'dev', { columns: 61, rows: 30 })
    const mallory = await Peer.full(chatd, 'mallory')
    await mallory.ask({ action: 'joinroom', room: 'dev' })
    for (const text of fc.sample(hostileText(), 300)) {
      if (text.trim() !== '' && !text.includes('\0'))
        mallory.send({ action: 'chat', room: 'dev', message: text })
    }
    await mallory.ask({ action: 'chat', room: 'dev', message: 'the last' })
    for (const terminal of [wide, narrow]) {
      await terminal.waitFor('the last')
      await terminal.settle()
      expectUnharmed(terminal)
    }
  })
})
