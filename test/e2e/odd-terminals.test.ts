import { describe, expect, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, chatTui, joined } from './programs.ts'
import { KEY } from './terminal.ts'

describe('a terminal that can paint nothing', () => {
  test.each(['dumb', 'dumb-emacs-ansi', 'unknown'])('TERM=%s: lines, and a sentence', async name => {
    const chatd = await Chatd.start()
    const bob = await Peer.full(chatd, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    const address = ['--host', '127.0.0.1', '--port', String(chatd.port)]
    const alice = chatTui([...address, '--user', 'alice', '--room', 'dev'], {
      home: new Home({ TERM: name }),
    })
    await alice.waitFor('this terminal cannot show a screen')
    alice.type(`hello${KEY.enter}`)
    await bob.wait(frame => frame['message'] === 'hello')
    bob.send({ action: 'chat', room: 'dev', message: 'good morning' })
    await alice.waitFor('dev bob: good morning')
    expect(alice.raw).not.toContain('\x1b')
    alice.type('\x04')
    expect((await alice.exited).code).toBe(0)
  })
})

describe('a terminal that draws ambiguous characters two cells wide', () => {
  test('shows the signs of the screen in ASCII, and every column is straight', async () => {
    const chatd = await Chatd.start()
    const bob = await Peer.full(chatd, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    const alice = await joined(
      chatd,
      'alice',
      'dev',
      { ambiguousIsWide: true, columns: 60, rows: 16 },
      '* online',
    )
    bob.send({ action: 'chat', room: 'dev', message: 'Привет, мир — α β γ ① ★ “да”…' })
    await alice.waitFor('Привет')
    const sent = await alice.settle()
    expect(sent).toMatch(/Привет, мир - α β.*\n.* +γ ① ★ "да"~/)
    expect(sent).not.toMatch(/[─│●…“”▌]/)
    // Each of these letters has two cells: a line of the composer has half as many.
    alice.type('Ж'.repeat(30))
    await alice.waitFor(/alice > Ж+/)
    await alice.settle()
    expect(alice.brokenRows()).toEqual([])
    const border = alice.rows()[1]?.indexOf('+') ?? -1
    expect(border).toBeGreaterThan(5)
    const borders = Array.from({ length: 10 }, (_, row) => alice.cell(row + 2, border)?.getChars())
    expect(borders).toEqual(Array.from({ length: 10 }, () => '|'))
    alice.type(`${KEY.enter}${KEY.f1}`)
    await alice.waitFor('Keys')
    const help = await alice.settle()
    expect(help).not.toMatch(/[─│╭╮╰╯…]/)
    expect(alice.brokenRows()).toEqual([])
  })

  test('other terminals get the lines and dots, and nothing of the question stays on their screen', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev')
    expect(await alice.settle()).toMatch(/[─│]/)
    alice.type('\x03\x03')
    await alice.exited
    expect(alice.screen().trim()).toBe('')
  })
})
