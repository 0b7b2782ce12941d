import { afterEach, describe, expect, test } from 'vitest'
import { withoutOwnSequences } from '../ownSequences.ts'
import type { FakeClient } from './fakeClient.ts'
import { type RunningScreen, startScreen } from './screens.ts'
import { ATTACKS } from './text/attacks.ts'

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
