/** chatd as a service: its configuration, and what it says to systemd, in the same words as there, without booting one. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ownKeyPair } from '../../src/server/tls/ownKeyPair.ts'
import { knock } from '../server/accounts.ts'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { CHATD, Chatd, runChatd } from './programs.ts'

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const hasSocat = has('socat')
const hasActivation = has('systemd-socket-activate')
if (!hasSocat) console.warn('skipped, socat is not installed: what chatd says to systemd')
if (!hasActivation) console.warn('skipped, systemd is not installed: sockets that systemd hands over')

describe('the configuration', () => {
  test('is checked, shown with its sources, and made with every key', async () => {
    const home = new Home()
    const file = home.join('chatd.conf')
    const made = await runChatd(home, 'config', 'default')
    writeFileSync(file, made.out)
    expect(await runChatd(home, 'config', 'check', file)).toMatchObject({ code: 0, err: '' })
    writeFileSync(file, '[limits]\nsessions = 7\n')
    const shown = await runChatd(home, 'config', 'show', file)
    expect(shown.out).toContain('limits.sessions = 7  # file\n')
    expect(shown.out).toContain('log-level = "info"  # default\n')
    const lines = (await runChatd(home, 'config', 'show', file, '--json')).out.trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line) as unknown)).toContainEqual({
      key: 'limits.sessions',
      value: '7',
      source: 'file',
      variable: 'CHATD_LIMIT_SESSIONS',
    })
    writeFileSync(file, 'log-level = "loud"\nlistn = 3\n')
    for (const args of [
      ['config', 'check', file],
      ['config', 'show', file],
    ])
      expect(await runChatd(home, ...args)).toMatchObject({
        code: 1,
        err: `chatd: ${file}, line 1: log-level: write one of silent, fatal, error, warn, info, debug, trace
chatd: ${file}, line 2: there is no key listn; did you mean listen?\n`,
      })
    // systemd does not try again for this code.
    expect(await runChatd(home, '--config', file, '--data', home.join('data'))).toMatchObject({ code: 2 })
    expect(existsSync(home.join('data'))).toBe(false)
  })

  test('is read again by chatd reload: what can change changes at once, a wrong file changes nothing', async () => {
    const home = new Home()
    const file = home.join('chatd.conf')
    writeFileSync(file, 'listen = ["127.0.0.1:0"]\n')
    const chatd = await Chatd.start(home, ['--config', file])
    const reload = () => runChatd(home, 'reload', '--data', home.join('data'))
    expect(await reload()).toMatchObject({ code: 0, out: 'nothing in the configuration has changed\n' })
    const alice = await Peer.full(chatd, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    const say = (bytes: number) => alice.ask({ action: 'chat', room: 'dev', message: 'x'.repeat(bytes) })
    expect(await say(2_000)).toMatchObject({ action: 'ok' })
    writeFileSync(file, 'listen = ["127.0.0.1:1"]\n[limits]\nmessage-bytes = 1500\nconnections = 1\n')
    expect(await reload()).toMatchObject({
      code: 0,
      out: `limits.connections: 1 now, default before
limits.message-bytes: 1500 now, default before
listen: ["127.0.0.1:1"] after a restart\n`,
    })
    expect(await say(2_000)).toMatchObject({ action: 'error', code: 'message_too_long' })
    expect(await say(1_500)).toMatchObject({ action: 'ok' })
    expect((await knock(chatd, 'bob'))[1]).toMatchObject({ code: 'server_full' })
    writeFileSync(file, '[limits]\nmessage-bytes = 16000\nconnections = 0\n')
    expect(await reload()).toMatchObject({
      code: 1,
      err: `chatd: ${file}, line 3: limits.connections: It is a whole number from 1 to 999999999
chatd: nothing is changed\n`,
    })
    expect(await say(2_000)).toMatchObject({ action: 'error', code: 'message_too_long' })
    writeFileSync(file, '')
    chatd.signal('SIGHUP')
    await eventually(async () => (await say(2_000))['action'] === 'ok')
    await chatd.end('SIGTERM')
    expect(await reload()).toMatchObject({ code: 1, err: expect.stringContaining('no chatd runs in') })
  })

  test('is not reloaded where the certificate cannot be read: the reload fails as a whole', async () => {
    const home = new Home()
    const [file, certificate] = [home.join('chatd.conf'), home.join('cert.pem')]
    const pair = ownKeyPair(home.path, [])
    if (!pair.ok) throw new Error(pair.error)
    writeFileSync(certificate, pair.value.certificate + pair.value.key)
    const base = `listen = ["127.0.0.1:0"]\ntls-cert = ${JSON.stringify(certificate)}\nmetrics = "127.0.0.1:0"\n`
    writeFileSync(file, base)
    const chatd = await Chatd.start(home, ['--config', file])
    const reload = () => runChatd(home, 'reload', '--data', home.join('data'))
    const address = /"address":"(127\.0\.0\.1:\d+)","msg":"serving metrics"/.exec(chatd.log)?.[1]
    const isGood = async (): Promise<string | undefined> => {
      const text = await (await fetch(`http://${address}/metrics`)).text()
      return /^chatd_config_last_reload_success (\d)$/m.exec(text)?.[1]
    }
    expect(await reload()).toMatchObject({ code: 0 })
    writeFileSync(file, `${base}log-level = "debug"\n`)
    rmSync(certificate)
    expect(await reload()).toMatchObject({
      code: 1,
      err: `chatd: ${certificate} cannot be read (ENOENT); check the path, and that chatd's account may read it
chatd: nothing is changed\n`,
    })
    await eventually(async () => (await isGood()) === '0')
    expect(await runChatd(home, 'log-level', '--data', home.join('data'))).toMatchObject({ out: 'info\n' })
    writeFileSync(certificate, pair.value.certificate + pair.value.key)
    expect(await reload()).toMatchObject({ code: 0, out: 'log-level: "debug" now, default before\n' })
    await eventually(async () => (await isGood()) === '1')
  })
})

test.skipIf(!hasSocat)('systemd is told when chatd is ready, alive, reloading and stopping', async () => {
  const home = new Home()
  const path = home.join('notify')
  const socat = spawn('socat', ['-u', `UNIX-RECV:${path}`, 'STDOUT'], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => {
    socat.kill('SIGKILL')
  })
  let told = ''
  socat.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += `${text}\n`
  })
  await eventually(() => existsSync(path))
  const chatd = spawn(CHATD, ['--listen', '127.0.0.1:0', '--data', home.join('data')], {
    env: { ...home.env, NOTIFY_SOCKET: path, WATCHDOG_USEC: '300000' },
    stdio: 'ignore',
  })
  onTestFinished(() => {
    chatd.kill('SIGKILL')
  })
  await eventually(() => told.includes('READY=1\nSTATUS=0 people, 0 connections, 0 rooms in use; log '))
  expect(told.indexOf('STATUS=looking at the log')).toBe(0)
  await eventually(() => told.split('WATCHDOG=1').length > 3)
  told = ''
  chatd.kill('SIGHUP')
  await eventually(() => /RELOADING=1\nMONOTONIC_USEC=\d+.*READY=1\nSTATUS=reloaded/s.test(told))
  const ended = new Promise(resolve => chatd.once('exit', resolve))
  chatd.kill('SIGTERM')
  expect(await ended).toBe(0)
  await eventually(() => told.includes('EXTEND_TIMEOUT'))
  // A long write-ahead log may take longer than the unit allows. After that nothing is told.
  expect(told.slice(told.indexOf('STOPPING=1'))).toMatch(/^STOPPING=1\n?EXTEND_TIMEOUT_USEC=30000000\n$/)
})

test.skipIf(!hasActivation)(
  'sockets that systemd hands over are served, and stay open over a restart',
  async () => {
    const home = new Home()
    const port = await freePort()
    const path = home.join('chat.sock')
    const started: ChildProcess[] = []
    onTestFinished(() => {
      for (const child of started) child.kill('SIGKILL')
    })
    const activated = (): ChildProcess => {
      const args = ['-l', `127.0.0.1:${port}`, '-l', path, '-E', 'PATH', '-E', 'HOME', CHATD]
      const child = spawn('systemd-socket-activate', [...args, '--data', home.join('data')], {
        env: home.env,
        stdio: 'ignore',
      })
      started.push(child)
      return child
    }
    const child = activated()
    await eventually(async () => (await Peer.full({ port }, 'alice').catch(() => undefined)) !== undefined)
    const said = await Peer.full({ port }, 'bob')
    await said.settled()
    expect((await runChatd(home, 'fingerprint', '--data', home.join('data'))).out).toMatch(/^SHA256:/)
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    // systemd keeps its end; here the path only has to be where systemd put it.
    expect(existsSync(path)).toBe(true)
    execFileSync('rm', [path])
  },
)

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
