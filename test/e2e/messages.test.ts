import { expect, test } from 'vitest'
import { Chatd, joined, stored } from './programs.ts'
import { KEY } from './terminal.ts'

test('a message is edited, answered, reacted to, found and deleted, and both see the same', async () => {
  const chatd = await Chatd.start()
  const alice = await joined(chatd, 'alice', 'dev')
  const bob = await joined(chatd, 'bob', 'dev')
  await alice.waitFor('2 people')
  alice.type(`shall we ship buidl 512?${KEY.enter}`)
  await bob.waitFor('buidl 512?')
  await alice.waitFor(stored('shall we ship'))

  alice.type(KEY.up)
  await alice.waitFor('╭ editing: shall we ship buidl 512?')
  alice.type(` I meant build${KEY.enter}`)
  await bob.waitFor(screen => screen.includes('512? I meant build') && screen.includes('(edited)'))
  await alice.waitFor(stored('shall we ship buidl 512? I meant'))

  bob.type(KEY.ctrlS)
  await bob.waitFor('▌shall we ship')
  bob.type('+')
  await bob.waitFor('▌1 👍')
  bob.type('1')
  await alice.waitFor('👍 bob')
  bob.type('r')
  await bob.waitFor('╭ answering alice')
  bob.type(`at noon${KEY.enter}`)
  await alice.waitFor(/╭ alice: shall we ship.*\n.*at noon/)

  alice.type(`/search in:here noon${KEY.enter}`)
  await alice.waitFor(/Search: in:here noon +1 of 1/)
  alice.type(KEY.enter)
  await alice.waitFor(screen => screen.includes('Around it') && screen.includes('I meant build'))
  alice.type(KEY.enter)
  await alice.waitFor('▌at noon')
  alice.type(KEY.ctrlS)
  await alice.waitFor(screen => !screen.includes('▌at noon'))

  alice.type(`/delete${KEY.enter}`)
  await bob.waitFor('message deleted')
  expect(await bob.settle()).not.toContain('I meant build')
  await alice.waitFor('╭ alice: message deleted')
})
