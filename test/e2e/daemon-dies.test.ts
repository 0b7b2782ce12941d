import { describe, expect, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Chatd, joined, masked, stored } from './programs.ts'
import { KEY } from './terminal.ts'

describe('kill -9 of the daemon, and its return', () => {
  test('the screen stays and says so, and typed messages are kept and sent in order after the reconnect', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev')
    alice.type(`before${KEY.enter}`)
    await alice.waitFor(stored('before'))

    await chatd.end('SIGKILL')
    await alice.waitFor(/○ offline, next try in/)
    for (const text of ['one', 'two', 'three']) {
      alice.type(`${text}${KEY.enter}`)
      await alice.waitFor(screen =>
        screen.split('\n').some(row => row.includes(text) && row.includes('… waiting')),
      )
    }
    alice.type('a draft')
    await alice.waitFor('a draft')
    const down = masked(await alice.settle()).split('\n')
    expect(
      down.filter(row => /one|two|three|before/.test(row)).map(row => row.slice(17)),
    ).toMatchInlineSnapshot(`
      [
        " alice --:--  before",
        "              one                                    … waiting",
        "              two                                    … waiting",
        "              three                                  … waiting",
      ]
    `)

    await chatd.startAgain()
    const bob = await Peer.full(chatd, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    await bob.wait(frame => frame['message'] === 'three')
    expect(bob.frames.filter(({ action }) => action === 'chat').map(frame => frame['message'])).toEqual([
      'one',
      'two',
      'three',
    ])
    await alice.waitFor(screen => screen.includes('● online') && stored('three')(screen))
    expect(masked(await alice.settle())).toMatchInlineSnapshot(`
      " #dev                                                                  2 people
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
                      │ ── the beginning of #dev · today ──
                      │ alice --:--  before
                      │              one
                      │              two
                      │              three
      ────────────────┴───────────────────────────────────────────────────────────────
       alice › a draft
       ● online                        Enter send   Alt+Enter new line   Tab complete"
    `)
  })

  test('a server that lost its data: the old messages stay above a row that says so', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev')
    alice.type(`before${KEY.enter}`)
    await alice.waitFor(stored('before'))
    await chatd.end('SIGKILL')
    chatd.loseData()
    await chatd.startAgain()
    await alice.waitFor('the server started a new log')
    alice.type(`after${KEY.enter}`)
    await alice.waitFor(stored('after'))
    const screen = masked(await alice.settle()).split('\n')
    expect(
      screen.filter(row => /before|new log|only here|after/.test(row)).map(row => row.slice(17)),
    ).toMatchInlineSnapshot(`
      [
        " alice --:--  before",
        " ─────────── the server started a new log at --:-- ───────────",
        " ─────────── the messages above are kept only here ───────────",
        " alice --:--  after",
      ]
    `)
  })
})

describe('kill -STOP of the daemon', () => {
  test('while a message waits, the screen says so within seconds, and gives up well before a minute', async () => {
    const chatd = await Chatd.start()
    const alice = await joined(chatd, 'alice', 'dev')
    chatd.signal('SIGSTOP')
    alice.type(`first${KEY.enter}`)
    const late = await alice.waitFor(/○ the server has not answered for \d+ s/)
    expect(late).toMatch(/first +… (sending|waiting)/)
    expect(late).not.toContain('● online')
    chatd.signal('SIGCONT')
    await alice.waitFor(screen => screen.includes('● online') && stored('first')(screen))

    chatd.signal('SIGSTOP')
    alice.type(`second${KEY.enter}`)
    await alice.waitFor(/○ offline.*the server fell silent/, 40_000)
    chatd.signal('SIGCONT')
    await alice.waitFor(screen => screen.includes('● online') && stored('second')(screen))
  }, 90_000)
})
