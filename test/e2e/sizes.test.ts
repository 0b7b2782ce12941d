import { describe, expect, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Chatd, joined } from './programs.ts'
import type { Terminal } from './terminal.ts'

/** A word that is wider than a narrow terminal, text of every script, and glyphs of two cells. */
const LONG = `https://example.org/${'a/very/long/path/'.repeat(12)} 日本語のテキスト 👩‍👩‍👧‍👦🇩🇪 हिन्दी café ${'word '.repeat(40)}`

/** That the screen fills the terminal exactly: the header in its first row, the status in its last, no row broken. */
function expectWhole(terminal: Terminal): void {
  const rows = terminal.rows()
  expect(rows[0]).toMatch(/^ #dev/)
  expect(rows.at(-1)).toMatch(/^ ● online/)
  expect(terminal.brokenRows()).toEqual([])
}

/** The rows that are divided into sidebar and timeline. */
function dividedRows(terminal: Terminal): number {
  return terminal.rows().filter(row => row.includes('│')).length
}

describe('from 40x12 up to 300x100', () => {
  test.each([
    [40, 12],
    [59, 20],
    [100, 30],
    [200, 60],
    [300, 100],
  ])('%i x %i', async (columns, rows) => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev', { columns, rows })
    const bob = await Peer.full(chatd, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    for (let number = 1; number <= 20; number++) {
      await bob.ask({ action: 'chat', room: 'dev', message: `${number} ${LONG}` })
    }
    await bob.ask({ action: 'chat', room: 'dev', message: 'the last' })
    await alice.waitFor('the last')
    expectWhole(alice)
    // Under 60 columns the sidebar steps aside; else its border stands in every row of the middle, in one column.
    if (columns < 60) expect(dividedRows(alice)).toBe(0)
    else {
      const [first, ...others] = alice.rows().flatMap((row, y) => (row.includes('│') ? [y] : []))
      expect([first, ...others]).toEqual(Array.from({ length: others.length + 1 }, (_, i) => 2 + i))
      expect(others.length).toBeGreaterThan(rows - 10)
      const border = Array.from({ length: columns }, (_, x) => x).find(
        x => alice.cell(2, x)?.getChars() === '│',
      )
      for (let y = 2; y < 2 + others.length; y++) expect(alice.cell(y, border ?? -1)?.getChars()).toBe('│')
    }
  })

  test('resized at any moment, while messages arrive', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev')
    const bob = await Peer.full(chatd, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    const sizes = [
      [40, 12],
      [120, 50],
      [60, 20],
      [59, 20],
      [300, 100],
      [20, 5],
      [200, 60],
      [1, 1],
      [80, 24],
    ] as const
    let said = 0
    for (const [columns, rows] of [...sizes, ...sizes]) {
      for (let i = 0; i < 30; i++) bob.send({ action: 'chat', room: 'dev', message: `${++said} ${LONG}` })
      alice.resize(columns, rows)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    bob.send({ action: 'chat', room: 'dev', message: 'the last' })
    await alice.waitFor('the last')
    await alice.settle()
    expectWhole(alice)
    expect(dividedRows(alice)).toBe(19)
    expect(alice.screen()).toMatch(new RegExp(`\\b${said}\\b`))
  })
})
