import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, Pipe, runChatd } from './programs.ts'

describe('on this machine', () => {
  test('a daemon on loopback makes no certificate and asks nothing, and still takes TLS', async () => {
    const home = new Home()
    const chatd = await Chatd.start(home)
    const peer = await Peer.full(chatd, 'alice')
    await peer.settled()
    expect(existsSync(home.join('data', 'tls.pem'))).toBe(false)
    const key = (await runChatd(home, 'fingerprint', '--data', home.join('data'))).out.trim()
    expect(key).toMatch(/^SHA256:\S{43}$/)
    const bob = new Pipe([
      '--host',
      '127.0.0.1',
      '--port',
      String(chatd.port),
      '--user',
      'bob',
      '--fingerprint',
      key,
    ])
    expect(await bob.end('hello\n')).toBe(0)
  })

  test('a unix socket has the permissions of its flag, and a killed daemon leaves nothing in the way', async () => {
    const home = new Home()
    const path = home.join('chat.sock')
    const listen = ['--listen', '127.0.0.1:0', '--listen', `unix:${path}`, '--socket-mode', '660']
    const chatd = await Chatd.start(home, listen)
    await eventually(() => existsSync(path))
    expect(statSync(path).mode & 0o777).toBe(0o660)
    const says = async (user: string): Promise<unknown> =>
      new Pipe(['--host', `unix:${path}`, '--user', user, '--room', 'dev']).end('hello\n')
    expect(await says('alice')).toBe(0)
    await chatd.end('SIGKILL')
    expect(existsSync(path)).toBe(true)
    await chatd.startAgain()
    await eventually(async () => (await says('bob')) === 0)
    const taken = await runChatd(home, '--data', home.join('other'), '--listen', `unix:${path}`)
    expect(taken).toMatchObject({ code: 1, err: expect.stringContaining('another program listens there') })
    await chatd.end('SIGTERM')
    expect(existsSync(path)).toBe(false)
    writeFileSync(path, 'notes')
    const file = await runChatd(home, '--data', home.join('other'), '--listen', `unix:${path}`)
    expect(file).toMatchObject({ code: 1, err: expect.stringContaining('is no socket') })
    expect(readFileSync(path, 'utf8')).toBe('notes')
  })

  test.skipIf(process.getuid?.() !== 0)(
    'without room for a certificate the daemon does not start',
    async () => {
      const home = new Home()
      mkdirSync(home.join('disk'))
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', home.join('disk')])
      onTestFinished(() => {
        execFileSync('umount', ['--lazy', home.join('disk')])
      })
      mkdirSync(home.join('disk', 'data'))
      expect(() => writeFileSync(home.join('disk', 'fill'), Buffer.alloc(1_000_000))).toThrow('ENOSPC')
      const ran = await runChatd(home, '--data', home.join('disk', 'data'), '--listen', '0.0.0.0:0')
      expect(ran).toMatchObject({
        code: 1,
        err: expect.stringMatching(/cannot be kept in .*tls\.pem \(ENOSPC\).*free space/),
      })
      expect(existsSync(home.join('disk', 'data', 'tls.pem'))).toBe(false)
    },
  )

  test('chatd fingerprint before the first certificate is a sentence', async () => {
    const home = new Home()
    const ran = await runChatd(home, 'fingerprint', '--data', home.join('data'))
    expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/no certificate here yet/) })
  })

  test.each([
    [['--tls-key', 'x.pem'], 2, /--tls-key needs --tls-cert/],
    [['--tls-cert', 'nowhere.pem'], 1, /nowhere\.pem cannot be read \(ENOENT\)/],
    [['--allow-plaintext', 'everyone'], 2, /"everyone" is no network/],
    [['--proxy-from', '10.0.0.0/40'], 2, /"10\.0\.0\.0\/40" is no network/],
    [['--name', 'no name'], 2, /host name or an address/],
    [['--socket-mode', '999'], 2, /three octal digits/],
    [['--listen', 'unix:chat'], 2, /unix:\/PATH with an absolute path/],
    [['--listen', `unix:/tmp/${'x'.repeat(120)}`], 1, /too long for a socket/],
    [['--listen', 'unix:/nowhere/chat'], 1, /directory of \/nowhere\/chat does not exist/],
  ])('chatd %j ends with a sentence', async (flags, code, sentence) => {
    const home = new Home()
    const ran = await runChatd(home, '--data', home.join('data'), ...flags)
    expect(ran).toMatchObject({ code, err: expect.stringMatching(sentence) })
    expect(
      ran.err
        .trim()
        .split('\n')
        .filter(line => line.startsWith('chatd: ')),
    ).toHaveLength(1)
  })
})
