import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { ownKeyPair } from '../../src/server/tls/ownKeyPair.ts'
import { temporaryDirectory } from '../server/directory.ts'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd } from './programs.ts'

const PEOPLE = 200
/** Debian has HAProxy where only root looks. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin`

function isHere(program: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { env: { PATH } }).status === 0
  if (!found) console.warn(`SKIPPED: ${program} is not installed`)
  return found
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Starts a proxy that stays in the foreground; resolves when its port answers. */
async function startProxy(program: string, args: readonly string[], port: number): Promise<void> {
  const child: ChildProcess = spawn(program, args, { env: { PATH }, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', text => {
    said += String(text)
  })
  onTestFinished(async () => {
    const gone = new Promise(resolve => child.once('exit', resolve))
    if (child.exitCode === null && child.kill('SIGKILL')) await gone
  })
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`)
    return new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
  })
}

/** People on addresses of their own, who all come in and hear each other. */
async function allComeIn(open: (localAddress: string) => Socket): Promise<void> {
  const people = await Promise.all(
    Array.from({ length: PEOPLE }, async (_, index) => {
      const peer = Peer.over(open(`127.1.0.${index + 1}`))
      peer.send({ action: 'connect', username: `p${index}`, protocol: 1 })
      await peer.next('welcome')
      await peer.ask({ action: 'joinroom', room: 'dev' })
      return peer
    }),
  )
  people[0]?.send({ action: 'chat', room: 'dev', message: 'everybody here?', id: 'm' })
  await Promise.all(people.map(peer => peer.next('chat')))
}

test.skipIf(!isHere('haproxy'))('200 people behind one HAProxy come in', async () => {
  const home = new Home()
  const chatd = await Chatd.start(home, ['--listen', '127.0.0.1:0', '--proxy-from', '127.0.0.1'])
  const port = await freePort()
  writeFileSync(
    home.join('haproxy.cfg'),
    [
      'defaults',
      '  mode tcp',
      '  timeout connect 5s',
      '  timeout client 1m',
      '  timeout server 1m',
      'listen chat',
      `  bind 127.0.0.1:${port}`,
      `  server chatd 127.0.0.1:${chatd.port} send-proxy-v2 check inter 200ms`,
      '',
    ].join('\n'),
  )
  await startProxy('haproxy', ['-db', '-f', home.join('haproxy.cfg')], port)
  await allComeIn(localAddress => connect({ port, host: '127.0.0.1', localAddress }))
  // The log has the addresses of people, and nothing about the proxy's own checks.
  expect(chatd.log).toContain('"address":"127.1.0.200"')
  expect(chatd.log).not.toContain('"level":"warn"')
})

test.skipIf(!isHere('stunnel'))('200 people behind one stunnel, which ends their TLS, come in', async () => {
  const home = new Home()
  const chatd = await Chatd.start(home, ['--listen', '127.0.0.1:0', '--proxy-from', '127.0.0.1'])
  const port = await freePort()
  const pair = ownKeyPair(temporaryDirectory(), [])
  if (!pair.ok) throw new Error(pair.error)
  writeFileSync(home.join('pair.pem'), pair.value.key + pair.value.certificate, { mode: 0o600 })
  writeFileSync(
    home.join('stunnel.conf'),
    [
      'foreground = yes',
      'pid =',
      '[chat]',
      `accept = 127.0.0.1:${port}`,
      `connect = 127.0.0.1:${chatd.port}`,
      `cert = ${home.join('pair.pem')}`,
      'protocol = proxy',
      '',
    ].join('\n'),
  )
  await startProxy('stunnel', [home.join('stunnel.conf')], port)
  await allComeIn(localAddress =>
    connectTls({ port, host: '127.0.0.1', localAddress, rejectUnauthorized: false } as ConnectionOptions),
  )
  expect(chatd.log).toContain('"address":"127.1.0.200"')
})
