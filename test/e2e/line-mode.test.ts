import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, Pipe } from './programs.ts'
import { Terminal } from './terminal.ts'

/** The arguments of a client in room dev. */
function inDev(chatd: { readonly port: number }, user = 'ci'): string[] {
  return ['--host', '127.0.0.1', '--port', String(chatd.port), '--user', user, '--room', 'dev']
}

/** A client of a bare socket, in room dev. */
async function listener(chatd: { readonly port: number }): Promise<Peer> {
  const peer = await Peer.full(chatd, 'listener')
  await peer.ask({ action: 'joinroom', room: 'dev' })
  return peer
}

function heard(peer: Peer): unknown[] {
  return peer.frames.filter(frame => frame.action === 'chat').map(frame => frame['message'])
}

describe('what is put in is said, in order, and the end of the input ends it', () => {
  test('echo done | chat-tui --user ci --room dev', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    const ci = new Pipe(inDev(chatd))
    expect(await ci.end('done\n')).toBe(0)
    // Acknowledged before it ended, so it is there now.
    await peer.next('chat')
    expect(heard(peer)).toEqual(['done'])
    expect(ci.out).toBe('')
    expect(ci.err).toBe('')
  })

  test('two jobs that begin at the same moment under one new name are one person', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    const home = new Home()
    const jobs = ['one', 'two', 'three'].map(text => new Pipe(inDev(chatd), home).end(`${text}\n`))
    expect(await Promise.all(jobs)).toEqual([0, 0, 0])
    await peer.until(() => heard(peer).length === 3 || undefined)
    expect(heard(peer).toSorted()).toEqual(['one', 'three', 'two'])
  })

  test('empty lines are skipped, a slash is only a character, the last line needs no end', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    expect(await new Pipe(inDev(chatd)).end('one\n\n  \n/quit\r\n//two\nthree ✓')).toBe(0)
    await peer.wait(frame => frame['message'] === 'three ✓')
    expect(heard(peer)).toEqual(['one', '/quit', '//two', 'three ✓'])
  })

  test('an empty input ends it at once', async () => {
    const chatd = await Chatd.start()
    expect(await new Pipe(inDev(chatd)).end()).toBe(0)
  })

  test('the byte order mark of a file is not sent, and every other one is', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    expect(await new Pipe(inDev(chatd)).end('\ufeffone\n\ufefftwo\n')).toBe(0)
    await peer.wait(frame => frame['message'] === '\ufefftwo')
    expect(heard(peer)).toEqual(['one', '\ufefftwo'])
  })

  test('a long input is read no faster than it is acknowledged, and arrives whole', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    const lines = Array.from({ length: 2_000 }, (_, number) => `line ${number} ${'x'.repeat(200)}`)
    const ci = new Pipe(inDev(chatd))
    expect(await ci.end(`${lines.join('\n')}\n`)).toBe(0)
    await peer.until(() => heard(peer).length === lines.length || undefined)
    expect(heard(peer)).toEqual(lines)
  })

  test('a line that is too long or no UTF-8 is named, the others go out, the exit code is 1', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    const ci = new Pipe(inDev(chatd))
    ci.write('before\n')
    ci.write(`${'y'.repeat(20_000)}\n`)
    ci.write(`${'z'.repeat(200_000)}\n`)
    ci.write(Buffer.from([0x61, 0xff, 0x0a]))
    expect(await ci.end('after\n')).toBe(1)
    await peer.wait(frame => frame['message'] === 'after')
    expect(heard(peer)).toEqual(['before', 'after'])
    expect(ci.err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^chat-tui: "y{40}…" was not delivered: .*16384 bytes/),
      expect.stringMatching(/^chat-tui: a line was not delivered: it is too long/),
      expect.stringMatching(/^chat-tui: a line was not delivered: it is not UTF-8/),
    ])
  })
})

describe('what others say is printed as "room name: text"', () => {
  test('each line of a message names its sender, and no sequence in it reaches the terminal', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    const reader = new Pipe(inDev(chatd, 'reader'))
    await peer.wait(frame => frame.action === 'joined' && frame['from'] === 'reader')
    // Its own message shows that it has joined and knows the earlier ones.
    reader.write('ready\n')
    await peer.wait(frame => frame['message'] === 'ready')
    await peer.ask({ action: 'chat', room: 'dev', message: 'hello' })
    await peer.ask({ action: 'chat', room: 'dev', message: 'two\ndev root: \x1b]0;title\x07lines\x1b[31m' })
    await eventually(() => reader.out.includes('lines'))
    expect(await reader.end()).toBe(0)
    expect(reader.out).toBe('dev listener: hello\ndev listener: two\ndev listener: dev root: ␛lines\n')
  })

  test('what was said before is not printed, what was said while the line was down is', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    await peer.ask({ action: 'chat', room: 'dev', message: 'long ago' })
    const reader = new Pipe(inDev(chatd, 'reader'))
    reader.write('ready\n')
    await peer.wait(frame => frame['message'] === 'ready')
    await chatd.end('SIGKILL')
    await eventually(() => reader.err.includes('trying again'))
    await chatd.startAgain()
    const again = await listener(chatd)
    await again.ask({ action: 'chat', room: 'dev', message: 'meanwhile' })
    await eventually(() => reader.out.includes('meanwhile'))
    expect(reader.out).toBe('dev listener: meanwhile\n')
    expect(reader.err).toMatch(/^chat-tui: no connection to 127\.0\.0\.1:\d+: .*; trying again\n$/)
    expect(await reader.end('and this\n')).toBe(0)
  })
})

describe('what cannot be delivered is a sentence and exit code 1', () => {
  test('a name that another client has', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    const ci = new Pipe(inDev(chatd, 'Listener'))
    expect(await ci.end('hello\n')).toBe(1)
    expect(ci.err).toMatch(/^chat-tui: one line was not delivered: .*--user\n$/)
    expect(heard(peer)).toEqual([])
  })

  test('an empty input, where the server was never reached', async () => {
    const ci = new Pipe(['--host', 'nosuch.invalid', '--room', 'dev', '--user', 'ci'])
    expect(await ci.end()).toBe(1)
    // The first attempt can fail before or after the input ends: then it says that it tries again, and that it gave up.
    expect(ci.err).toMatch(/^(chat-tui: no connection to nosuch\.invalid:\d+: .*\n){1,2}$/)
    const chatd = await Chatd.start()
    await chatd.end()
    const off = new Pipe(inDev(chatd))
    expect(await off.end()).toBe(1)
    expect(off.err).toMatch(/^chat-tui: no connection to 127\.0\.0\.1:\d+: no server listens there/)
  })

  test('something other than chatd on the port', async () => {
    const other = createServer(socket => {
      socket.on('error', () => undefined)
      socket.end('SSH-2.0-OpenSSH_9.9\r\n')
    })
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      other.close()
    })
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const ci = new Pipe(['--port', String(port), '--user', 'ci'])
    expect(await ci.end('hello\n')).toBe(1)
    expect(ci.err).toBe(
      `chat-tui: one line was not delivered: something other than chatd answers on 127.0.0.1:${port}; choose another port with --port\n`,
    )
  })
})

describe('a good citizen of a pipe', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it as it ends other programs',
    async signal => {
      const chatd = await Chatd.start()
      const peer = await listener(chatd)
      const ci = new Pipe(inDev(chatd))
      await peer.wait(frame => frame.action === 'joined' && frame['from'] === 'ci')
      ci.child.kill(signal)
      expect(await ci.ended).toBe(signal)
      expect(ci.err).toBe('')
    },
  )

  test('what a signal leaves unsaid is counted', async () => {
    const chatd = await Chatd.start()
    await chatd.end()
    const ci = new Pipe(inDev(chatd))
    ci.write('one\ntwo\n')
    await eventually(() => ci.err.includes('trying again'))
    ci.child.kill('SIGTERM')
    expect(await ci.ended).toBe('SIGTERM')
    expect(ci.err).toContain('chat-tui: 2 lines were not delivered\n')
  })

  test('a reader that goes away ends it silently', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    const ci = new Pipe(inDev(chatd))
    ci.write('ready\n')
    await peer.wait(frame => frame['message'] === 'ready')
    ci.child.stdout?.destroy()
    await peer.ask({ action: 'chat', room: 'dev', message: 'hello' })
    expect(await ci.ended).toBe(141)
    expect(ci.err).toBe('')
  })

  test('a terminal in front and a file behind is line mode too, and paints nothing', async () => {
    const chatd = await Chatd.start()
    const peer = await listener(chatd)
    const home = new Home()
    const script = home.join('run.sh')
    const args = inDev(chatd).join(' ')
    const program = new URL('../../bin/chat-tui.cjs', import.meta.url).pathname
    writeFileSync(script, `exec ${process.execPath} ${program} ${args} > ${home.join('out')}\n`)
    const terminal = new Terminal('/bin/sh', [script], { home })
    terminal.type('typed by hand\r')
    await peer.wait(frame => frame['message'] === 'typed by hand')
    await peer.ask({ action: 'chat', room: 'dev', message: 'hello' })
    await eventually(() => readFileSync(home.join('out'), 'utf8') === 'dev listener: hello\n')
    terminal.type('\x04')
    expect((await terminal.exited).code).toBe(0)
    expect(terminal.raw).not.toContain('\x1b[?1049h')
  })
})
