import { expect, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Chatd, joined } from './programs.ts'
import { KEY, pasted } from './terminal.ts'

test('a paste of 500 lines lands in the composer and sends nothing; Enter sends it as one message', async () => {
  const chatd = await Chatd.start()
  const alice = await joined(chatd, 'alice', 'dev')
  const bob = await Peer.full(chatd, 'bob')
  await bob.ask({ action: 'joinroom', room: 'dev' })
  const text = Array.from({ length: 500 }, (_, number) => `line ${number} /quit`).join('\n')
  alice.type(pasted(text))
  await alice.waitFor('line 499')
  await alice.settle()
  expect(alice.brokenRows()).toEqual([])
  expect(alice.rows().at(-1)).toMatch(/^ ● online/)
  // The server has nothing; asked, so that nothing can be on its way.
  const history = await bob.ask({ action: 'history', room: 'dev' })
  expect(history['events']).toEqual([])

  alice.type(KEY.enter)
  const sent = await bob.wait(frame => frame.action === 'chat')
  expect(sent['message']).toBe(text)
  await alice.waitFor(/^ alice › *$/m)
  expect((await bob.ask({ action: 'history', room: 'dev' }))['events']).toHaveLength(1)
})

test('a paste with an end mark in it, as tmux hands it on, does not break out and send', async () => {
  const chatd = await Chatd.start()
  const alice = await joined(chatd, 'alice', 'dev')
  alice.type('\x1b[200~one\x1b[201~/quit\rtwo\r\x1b[201~')
  await alice.waitFor('pasted 2 lines')
  expect(alice.screen()).toContain('one/quit')
  alice.type('!')
  await alice.waitFor('!')
  expect(alice.screen()).not.toMatch(/\d\d:\d\d {2}one/)
})

test('a paste of a megabyte is shown, named too long, and cleared, all at once', async () => {
  const chatd = await Chatd.start()
  const alice = await joined(chatd, 'alice', 'dev')
  alice.type(pasted('a'.repeat(1_000_000)))
  await alice.waitFor('KB: a message can have 16 KB')
  alice.type(KEY.enter)
  await alice.waitFor('shorten it')
  alice.type('\x03')
  await alice.waitFor(/^ alice › *$/m)
})

test('a paste that the terminal does not mark is text: nothing is sent, and no command runs', async () => {
  const chatd = await Chatd.start()
  const alice = await joined(chatd, 'alice', 'dev')
  alice.type('/who\rrm -rf build\r\n/quit\r')
  const screen = await alice.waitFor('rm -rf build')
  expect(screen).toMatch(/› \/who\n +rm -rf build\n +\/quit/)
  await alice.settle()
  alice.type(KEY.enter)
  await alice.waitFor(/\d\d:\d\d {2}\/who\n.*rm -rf build\n.*\/quit *$/m)
})

test('a marked paste of several lines that begins with a command is a message', async () => {
  const chatd = await Chatd.start()
  const alice = await joined(chatd, 'alice', 'dev')
  alice.type('\x1b[200~/who\nis\nthere?\x1b[201~')
  await alice.waitFor('there?')
  alice.type(KEY.enter)
  await alice.waitFor(/\d\d:\d\d {2}\/who\n.*is\n.*there\? *$/m)
})
