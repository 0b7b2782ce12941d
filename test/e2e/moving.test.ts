import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { CHATD, Chatd, chatTui, Pipe, runChatd, stored } from './programs.ts'

/** A port of loopback on which no program listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('with two addresses, one of them dead, lines and the screen work, and keep one state in either order', async () => {
  const chatd = await Chatd.start()
  const addresses = [`127.0.0.1:${await deadPort()}`, `127.0.0.1:${chatd.port}`]
  const home = new Home()
  const ci = new Pipe(['--host', addresses.join(','), '--user', 'bob', '--room', 'dev'], home)
  expect(await ci.end('by two addresses\n')).toBe(0)
  expect(ci.err).toBe('')
  const bob = chatTui(['--host', addresses.toReversed().join(','), '--user', 'bob', '--room', 'dev'], {
    home,
  })
  await bob.waitFor('● online')
  await bob.waitFor('by two addresses')
  bob.type('and by the screen\r')
  await bob.waitFor(stored('and by the screen'))
  const files = readdirSync(home.join('.local/state/chat-tui/sessions')).filter(name => name.endsWith('.db'))
  expect(files).toHaveLength(1)
})

test('chatd drain sends a person away, says what it does, and takes the person back', async () => {
  const home = new Home()
  const chatd = await Chatd.start(home)
  const data = ['--data', home.join('data')]
  const bob = chatTui(['--host', `127.0.0.1:${chatd.port}`, '--user', 'bob', '--room', 'dev'])
  await bob.waitFor('● online')
  const both = await runChatd(home, 'drain', '--within', '5', '--cancel', ...data)
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining('--cancel') })
  expect(await runChatd(home, 'drain', '--within', '-1', ...data)).toMatchObject({ code: 2 })

  const drained = await runChatd(home, 'drain', '--within', '0.2', '--json', ...data)
  expect(drained.code).toBe(0)
  expect(drained.out).toBe('{"connections":1,"within":0.2}\n{"connections":0}\n')
  await bob.waitFor('○ offline')
  bob.type('said meanwhile\r')
  const status = await runChatd(home, 'status', ...data)
  expect(status.out).toMatch(/listening +not now: it is drained/)
  const again = await runChatd(home, 'drain', '--cancel', ...data)
  expect(again).toMatchObject({ code: 0, out: 'takes connections again\n' })
  await bob.waitFor(stored('said meanwhile'))
  expect((await runChatd(home, 'status', ...data)).out).toContain(`127.0.0.1:${chatd.port}`)
  expect(await chatd.end('SIGTERM')).toBe(0)
})

test('a socket that was handed over stays open, and a connection to it is closed at once', async () => {
  const home = new Home()
  const server = createServer()
  const port = await listening(server)
  const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle
  // As systemd does it: the number of the process is known only once it is there.
  const script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'
  const child = spawn('sh', ['-c', script, process.execPath, CHATD, '--data', home.join('data')], {
    env: home.env,
    stdio: ['ignore', 'ignore', 'pipe', fd],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let log = ''
  await new Promise<void>(resolve => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text
      if (log.includes('"listening"')) resolve()
    })
  })
  await new Promise(resolve => server.close(resolve))
  const alice = await Peer.full({ port }, 'alice')
  const drained = runChatd(home, 'drain', '--within', '0', '--data', home.join('data'))
  await alice.ended()
  expect((await drained).code).toBe(0)
  const late = connect(port, '127.0.0.1')
  let heard = ''
  late.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
  })
  await new Promise(resolve => late.on('error', () => undefined).once('close', resolve))
  expect(heard).toBe('')
  expect((await runChatd(home, 'drain', '--cancel', '--data', home.join('data'))).code).toBe(0)
  await Peer.full({ port }, 'late')
})
