import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, joined, stored } from './programs.ts'
import { KEY } from './terminal.ts'

/** A program of the user, as a shell script. */
function program(home: Home, name: string, script: string): string {
  const path = home.join(name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

test('the editor of the user has the terminal, also while it is resized, and gives its text to the composer', async () => {
  const chatd = await Chatd.start()
  const home = new Home()
  program(
    home,
    'editor',
    `echo "the editor is here"; while [ ! -e ${home.path}/go ]; do sleep 0.05; done; echo "and more" >> "$1"`,
  )
  const own = new Home({ EDITOR: home.join('editor') })
  const alice = await joined(chatd, 'alice', 'dev', { home: own })
  alice.type('half a thought')
  await alice.waitFor('half a thought')
  alice.type('\x18\x05')
  await alice.waitFor('the editor is here')
  alice.resize(100, 30)
  const bob = await Peer.full(chatd, 'bob')
  await bob.ask({ action: 'joinroom', room: 'dev' })
  await bob.ask({ action: 'chat', room: 'dev', message: 'while you edit' })
  expect(await alice.settle()).toContain('the editor is here')
  writeFileSync(home.join('go'), '')
  await alice.waitFor(screen => screen.includes('and more') && screen.includes('● online'))
  expect(alice.screen()).toContain('while you edit')
  alice.type(KEY.enter)
  await alice.waitFor(stored('and more'))
  await bob.wait(frame => frame['message'] === 'half a thought\nand more')
})

test('O gives an address to the browser of the user, without a shell; a mention rings the bell', async () => {
  const chatd = await Chatd.start()
  const home = new Home()
  program(
    home,
    'browser',
    `printf '%s|' "$@" > ${home.path}/opened.tmp; mv ${home.path}/opened.tmp ${home.path}/opened`,
  )
  const own = new Home({ BROWSER: home.join('browser') })
  const alice = await joined(chatd, 'alice', 'dev', { home: own })
  const bob = await Peer.full(chatd, 'bob')
  for (const room of ['dev', 'ops']) await bob.ask({ action: 'joinroom', room })
  await bob.ask({ action: 'chat', room: 'dev', message: 'see https://a.example/$(touch x);b' })
  await alice.waitFor('see https')
  alice.type(`${KEY.ctrlS}o`)
  await expect.poll(() => existsSync(home.join('opened'))).toBe(true)
  expect(readFileSync(home.join('opened'), 'utf8')).toBe('https://a.example/$(touch|')
  const before = alice.raw.length
  await bob.ask({ action: 'chat', room: '@alice', message: 'are you there?' })
  await expect.poll(() => /(?<!\][^\x07]*)\x07/.test(alice.raw.slice(before)), { timeout: 10_000 }).toBe(true)
})
