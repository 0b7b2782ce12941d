import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { fileName, type Login } from '../../src/client/stateFile.ts'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, joined, stored } from './programs.ts'
import { KEY } from './terminal.ts'

/** The draft in #dev that a client of this home has on the disk. */
function keptDraft(home: Home, login: Login): string | undefined {
  const file = home.join('.local', 'state', 'chat-tui', 'sessions', `${fileName(login)}.db`)
  const database = new DatabaseSync(file, { readOnly: true })
  const row = database.prepare("SELECT text FROM composing WHERE room = 'dev'").get()
  database.close()
  return row === undefined ? undefined : String(row['text'])
}

test('kill -9 of a client without a connection: its messages are there again and go out in order, once; drafts too', async () => {
  const chatd = await Chatd.start()
  const home = new Home()
  const alice = await joined(chatd, 'alice', 'dev', { home })
  alice.type(`before${KEY.enter}`)
  await alice.waitFor(stored('before'))
  await chatd.end('SIGKILL')
  await alice.waitFor('○ offline')
  for (const text of ['one', 'two', 'three']) {
    alice.type(`${text}${KEY.enter}`)
    await alice.waitFor(new RegExp(`${text} +… waiting`))
  }
  alice.type('half a draf')
  await alice.waitFor(/three +… waiting/)
  alice.type('t')
  await alice.waitFor('half a draft')
  await eventually(
    () => keptDraft(home, { host: '127.0.0.1', port: chatd.port, username: 'alice' }) === 'half a draft',
  )
  alice.signal('SIGKILL')
  await alice.exited

  await chatd.startAgain()
  const bob = await Peer.full(chatd, 'bob')
  await bob.ask({ action: 'joinroom', room: 'dev' })
  const again = await joined(chatd, 'alice', 'dev', { home })
  await again.waitFor(screen => stored('three')(screen) && screen.includes('alice › half a draft'))
  await bob.wait(frame => frame['message'] === 'three')
  again.type(`${KEY.ctrlC}four${KEY.enter}`)
  await bob.wait(frame => frame['message'] === 'four')
  expect(bob.of('chat').map(frame => frame['message'])).toEqual(['one', 'two', 'three', 'four'])
  await again.waitFor(stored('four'))
  again.type(KEY.up)
  await again.waitFor('╭ editing: four')
  again.type(KEY.ctrlUp)
  await again.waitFor('alice › four')
  again.type(KEY.ctrlUp)
  await again.waitFor('alice › half a draft')
})
