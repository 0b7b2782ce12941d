import { describe, expect, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, chatTui, joined, masked } from './programs.ts'
import { KEY } from './terminal.ts'

describe('two people and a program talk', () => {
  test('both see the same messages in the same order', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev')
    const bob = await joined(chatd, 'bob', 'dev')
    const ci = await Peer.plain(chatd, 'ci')
    ci.send({ action: 'joinroom', room: 'dev' })
    await alice.waitFor('3 people')
    await bob.waitFor('3 people')

    alice.type(`hello bob${KEY.enter}`)
    await bob.waitFor('hello bob')
    bob.type(`hi @alice${KEY.enter}`)
    await alice.waitFor('hi @alice')
    ci.send({ action: 'chat', room: 'dev', message: 'build 512 is green' })
    await bob.waitFor('green')
    await alice.waitFor('green')

    expect(masked(await alice.settle())).toMatchInlineSnapshot(`
      " #dev                                                                  3 people
      ────────────────┬───────────────────────────────────────────────────────────────
      ▌1 dev          │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │ ── the beginning of #dev · today ──
                      │ alice --:--  hello bob
                      │ bob   --:--▐ hi @alice
                      │ ci    --:--  build 512 is green
      ────────────────┴───────────────────────────────────────────────────────────────
       alice ›
       ● online                                Ctrl+S select   Ctrl+K go to   F1 help"
    `)
    expect(masked(await bob.settle())).toMatchInlineSnapshot(`
      " #dev                                                                  3 people
      ────────────────┬───────────────────────────────────────────────────────────────
      ▌1 dev          │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │ ── the beginning of #dev · today ──
                      │ alice --:--  hello bob
                      │ bob   --:--  hi @alice
                      │ ci    --:--  build 512 is green
      ────────────────┴───────────────────────────────────────────────────────────────
       bob ›
       ● online                                Ctrl+S select   Ctrl+K go to   F1 help"
    `)
    // A plain client gets what the others said and nothing else.
    expect(ci.text).toBe(
      '{"action":"chat","room":"dev","message":"hello bob","from":"alice"}\n' +
        '{"action":"chat","room":"dev","message":"hi @alice","from":"bob"}\n',
    )
  })

  test('what happens in another room is counted beside it, a mention marked', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev')
    alice.type(`/join ops${KEY.enter}`)
    await alice.waitFor('make #ops')
    alice.type(KEY.enter)
    await alice.waitFor('the beginning of #ops')
    const bob = await Peer.full(chatd, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    await bob.ask({ action: 'topic', room: 'dev', topic: 'what we build' })
    await bob.ask({ action: 'chat', room: 'dev', message: 'one' })
    await bob.ask({ action: 'chat', room: 'dev', message: 'two @Alice' })

    await alice.waitFor(/1 dev +@1/)
    expect(masked(await alice.settle())).toMatchInlineSnapshot(`
      " #ops                                                                  1 person
      ────────────────┬───────────────────────────────────────────────────────────────
       1 dev       @1 │
      ▌2 ops          │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │ ─────────────────── the beginning of #ops ───────────────────
                      │             Write something, and Enter sends it: it is kept
                      │               for those who come later.
                      │             /invite makes a link by which one person comes
                      │               in; /list shows the rooms of this server.
                      │             F1 lists all keys and commands, Ctrl+K goes to
                      │               rooms, people and commands.
      ────────────────┴───────────────────────────────────────────────────────────────
       alice ›
       ● online                            Alt+A next unread   Ctrl+K go to   F1 help"
    `)
    // The next unread room, and the line above its first unread message.
    alice.type('\x1ba')
    await alice.waitFor('two @Alice')
    expect(masked(await alice.settle())).toMatchInlineSnapshot(`
      " #dev  what we build                                                   2 people
      ────────────────┬───────────────────────────────────────────────────────────────
      ▌1 dev          │
       2 ops          │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │
                      │ ── the beginning of #dev · today ──
                      │      --:--· bob set the topic: what we build
                      │ ──────────────────────────── new ────────────────────────────
                      │ bob  --:--  one
                      │           ▐ two @Alice
      ────────────────┴───────────────────────────────────────────────────────────────
       alice ›
       ● online                                Ctrl+S select   Ctrl+K go to   F1 help"
    `)
  })

  test('the rooms and the current one are those of last time', async () => {
    const chatd = await Chatd.start()
    const home = new Home()
    const first = await joined(chatd, 'alice', '#dev', { home })
    first.type(`/join ops${KEY.enter}`)
    await first.waitFor('make #ops')
    first.type(KEY.enter)
    await first.waitFor('the beginning of #ops')
    first.type(`/join ｎｉｇｈｔ${KEY.enter}`)
    await first.waitFor('make #')
    first.type(KEY.enter)
    await first.waitFor('3 ')
    first.type('\x1b2')
    await first.waitFor(/^ #ops/)
    first.type(KEY.ctrlC + KEY.ctrlC)
    expect(await first.exited).toEqual({ code: 0, signal: 0 })

    const again = chatTui(['--host', '127.0.0.1', '--port', String(chatd.port), '--user', 'alice'], { home })
    await again.waitFor('● online')
    expect(
      (await again.settle())
        .split('\n')
        .slice(0, 5)
        .map(row => row.replace(/ *│.*/, '').slice(0, 16).trimEnd()),
    ).toEqual([' #ops', '────────────────', ' 1 dev', '▌2 ops', ' 3 ｎｉｇｈｔ'])
    again.type(KEY.ctrlC + KEY.ctrlC)
    await again.exited

    // Requested rooms come first, the first of them is current, and the rooms of the last start are there too.
    const asked = await joined(chatd, 'alice', 'qa', { home })
    await asked.waitFor(/^ #qa.*^▌1 qa.*^ 2 dev.*^ 3 ops.*^ 4 /ms)
  })
})
