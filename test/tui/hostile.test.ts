import { afterEach, describe, expect, test } from 'vitest'
import { withoutOwnSequences } from '../ownSequences.ts'
import type { FakeClient } from './fakeClient.ts'
import { type RunningScreen, startScreen } from './screens.ts'

/** Attacks that got through some chat client, each with a word that must stay. */
const ATTACKS: Readonly<Record<string, string>> = {
  'clear the screen': '\x1b[2J\x1b[3J\x1b[Hstays',
  'move the cursor': '\x1b[1;1H\x1b[10A\x1b[99Dstays',
  'set a colour and a background': '\x1b[31;41mstays',
  'set a colour by C1': '\x9b31;41mstays',
  'leave the alternate screen': '\x1b[?1049lstays',
  'report the mouse': '\x1b[?1000h\x1b[?1006hstays',
  'turn off paste brackets': '\x1b[?2004lstays',
  'hide the cursor': '\x1b[?25lstays',
  'reset the terminal': '\x1bcstays',
  'set a scroll region': '\x1b[2;5rstays',
  'switch the character set': '\x1b(0\x0estays',
  'write the clipboard': '\x1b]52;c;c3RvbGVu\x07stays',
  'write the clipboard by C1': '\x9d52;c;c3RvbGVu\x9cstays',
  'set the title': '\x1b]0;title\x07stays',
  'forge a link': '\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\stays',
  notify: '\x1b]777;notify;a;b\x07\x1b]9;x\x07stays',
  'ask for an answer': '\x1b[c\x1b[6n\x1b[?u\x1b]11;?\x07\x05stays',
  'run a device string': '\x1bP$q"p\x1b\\\x90x\x9c\x1b_x\x1b\\stays',
  'begin an endless sequence': 'stays\x1b]0;',
  'end with a lone ESC': 'stays\x1b',
  'go back over the border': '\x08\x08\x08\x08\x08\x08\x08\x08stays',
  'overwrite the row': 'gone\rstays',
  'break the row': 'a\x0bb\x0cc\x85d\u2028e\u2029stays',
  ring: '\x07\x07stays',
  'turn the reading direction': '\u202estays\u202c \u2066x\u2069 \u200f',
  'hide letters': 'st\u200bay\u2060s st\u00aday\ufeffs stays',
  'stack marks': `stays${'\u0301'.repeat(500)}`,
  'chain emoji': `stays ${'👨\u200d'.repeat(60)}👩`,
  'be wide': `stays ${'Ｗ'.repeat(60)} ${'﷽'.repeat(20)} 🏳️‍🌈 👩🏽‍🚀 🇩🇪🇫🇷`,
  'be a selector': 'stays #\ufe0f\u20e3 ☎\ufe0f a\ufe0f ❤\ufe0e',
  'speak Indic': 'stays क्षि श्री நி ကြောင့် กำ ี้',
  'be half a pair': 'stays \ud83d \udc4d',
  tab: 'a\tb\tstays',
}

let running: RunningScreen | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

function said(text: string): (client: FakeClient) => void {
  return client => {
    const lobby = client.open('lobby', { topic: text, people: 2, typing: [text] })
    client.receive(lobby, 'before', 'first')
    client.receive(lobby, text, text)
    lobby.timeline.push({ kind: 'topic', seq: 3, ts: 0, from: text, topic: text })
    const last = client.receive(lobby, 'after', 'last words')
    const reactions = { [text]: { count: 1, names: [text] } }
    lobby.timeline[3] = { ...last, replyTo: 2, reactions }
    client.open(text, { key: 'hostile', name: text, unread: 1 })
  }
}

describe("other people's text is only text", () => {
  test.each(Object.entries(ATTACKS))('text that tries to %s', async (_name, text) => {
    running = startScreen([100, 40], said(text))
    const { terminal, client } = running
    await terminal.shows('last words')
    await terminal.shows('stays')
    client.emit({ type: 'notice', message: text })
    const quiet = terminal.screen()
    client.emit({ type: 'error', code: 'forbidden', message: text, room: 'lobby' })
    // The sentence is in the status line, or in a box above the composer.
    await terminal.until(() => terminal.screen() !== quiet)
    expectPlain(running)
    // Esc takes the sentence away.
    terminal.type('\x1b[27u')
    terminal.type('typed by us')
    await terminal.shows('typed by us')
    const rows = terminal.rows()

    // The borders are straight, and each row is where it was put.
    for (let y = 2; y < 37; y++) expect(terminal.cell(20, y).text).toBe('│')
    expect(rows[1]).toMatch(/^─{20}┬─( Thu 1 Jan ─)?─+$/)
    expect([...(rows[1] ?? '')]).toHaveLength(100)
    expect(rows[37]).toBe(`${'─'.repeat(20)}┴${'─'.repeat(79)}`)
    expect(rows[38]).toBe(' me › typed by us')
    expect(rows[39]).toMatch(/^ ● /)
    expect(terminal.find('last words').x).toBe(terminal.find('first').x)
    expect(terminal.cursor).toEqual({ x: 17, y: 38 })
    expectPlain(running)
  })
})

/** The terminal is as we set it, and other people's text coloured nothing. */
function expectPlain({ terminal }: RunningScreen): void {
  expect(terminal.isAlternate).toBe(true)
  expect(terminal.xterm.modes).toMatchObject({ bracketedPasteMode: true, mouseTrackingMode: 'none' })
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 100; x++) {
      const { hasBackground, isInverse, isUnderlined } = terminal.cell(x, y)
      expect({ hasBackground, isInverse, isUnderlined }).toEqual({
        hasBackground: false,
        isInverse: false,
        isUnderlined: false,
      })
    }
  }
  // Neither a link, nor the clipboard, nor a bell was asked of it, nor another title than ours.
  expect(withoutOwnSequences(terminal.written)).not.toMatch(/\x1b[\]P_^X]|[\x07\x80-\x9f]|\x1bc/)
}
