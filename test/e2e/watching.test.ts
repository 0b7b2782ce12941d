import { describe, expect, onTestFinished, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, runChatd } from './programs.ts'
import { Terminal } from './terminal.ts'

const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname
const LISTEN = ['--listen', '127.0.0.1:0']

async function talking(
  ...flags: readonly string[]
): Promise<{ readonly home: Home; readonly daemon: Chatd; readonly alice: Peer }> {
  const home = new Home()
  const daemon = await Chatd.start(home, [...LISTEN, ...flags])
  const alice = await Peer.full(daemon, 'alice')
  await alice.ask({ action: 'joinroom', room: 'dev' })
  await alice.ask({ action: 'chat', room: 'dev', message: 'hello' })
  return { home, daemon, alice }
}

describe('chatd status', () => {
  test('exits 0 where it runs and 3 where not, as systemctl does, in words and in JSON', async () => {
    const { home, daemon } = await talking()
    const status = (...more: readonly string[]) =>
      runChatd(home, 'status', '--data', home.join('data'), ...more)
    const words = await status()
    expect(words).toMatchObject({ code: 0, err: '' })
    expect(words.out).toContain(`127.0.0.1:${daemon.port}`)
    expect(words.out).toMatch(/^people +1$/m)
    const json = JSON.parse((await status('--json')).out) as Record<string, unknown>
    expect(json).toMatchObject({ running: true, people: 1, connections: { full: 1, plain: 0 }, rooms: 1 })
    await daemon.end('SIGTERM')
    expect(await status()).toMatchObject({ code: 3, err: expect.stringContaining('no chatd runs in') })
    const none = await status('--json')
    expect(none.code).toBe(3)
    expect(JSON.parse(none.out)).toMatchObject({ running: false })
    // A look, of a person or of a script each second, is no line of the log.
    expect(daemon.log).not.toContain('task of the operator')
  })
})

describe('chatd top', () => {
  test('draws rooms each second, follows the size of the terminal, and Q gives the terminal back', async () => {
    const { home, alice } = await talking()
    const terminal = new Terminal(process.execPath, [CHATD, 'top', '--data', home.join('data')], { home })
    await terminal.waitFor('messages/s')
    await alice.ask({ action: 'chat', room: 'dev', message: 'again' })
    await terminal.waitFor('dev')
    terminal.resize(60, 8)
    await terminal.waitFor('Q quits')
    terminal.type('q')
    expect(await terminal.exited).toMatchObject({ code: 0 })
    expect(terminal.isFullScreen).toBe(false)
  })

  test('without a terminal prints one look', async () => {
    const { home } = await talking()
    const ran = await runChatd(home, 'top', '--data', home.join('data'))
    expect(ran).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/events\/s +people +links +room\n +\d.* dev\n/),
    })
  })
})

describe('chatd --metrics', () => {
  test('serves on loopback, and says the address', async () => {
    const { daemon } = await talking('--metrics', '127.0.0.1:0')
    const address = /"address":"(127\.0\.0\.1:\d+)","msg":"serving metrics"/.exec(daemon.log)?.[1]
    const text = await (await fetch(`http://${address}/metrics`)).text()
    expect(text).toContain('chatd_requests_total{action="chat",result="ok"} 1\n')
    expect((await fetch(`http://${address}/healthz`)).status).toBe(200)
  })

  test.each([
    ['0.0.0.0:9100', /of this machine alone/],
    ['192.0.2.1:9100', /of this machine alone/],
    ['127.0.0.1', /such as 127\.0\.0\.1:9100/],
    ['unix:relative', /unix:\//],
  ])('refuses %s in a sentence', async (address, sentence) => {
    const home = new Home()
    const ran = await runChatd(home, '--metrics', address, '--data', home.join('data'))
    expect(ran).toMatchObject({ code: 2, err: expect.stringMatching(sentence) })
  })

  test('a stopped event loop is seen from outside: the probe gets no answer, and one again afterwards', async () => {
    const { daemon } = await talking('--metrics', '127.0.0.1:0')
    const address = /"address":"(127\.0\.0\.1:\d+)","msg":"serving metrics"/.exec(daemon.log)?.[1]
    daemon.signal('SIGSTOP')
    onTestFinished(() => daemon.signal('SIGCONT'))
    await expect(fetch(`http://${address}/healthz`, { signal: AbortSignal.timeout(1_000) })).rejects.toThrow()
    daemon.signal('SIGCONT')
    expect((await fetch(`http://${address}/healthz`)).status).toBe(200)
  })
})

test('--log-names and --no-log-addresses say what the lines of connections hold', async () => {
  const { daemon, alice } = await talking('--log-names', '--no-log-addresses')
  const refused = await alice.ask({ action: 'chat', room: 'nowhere', message: 'secret' })
  const ref = /\((c\d+-\d+)\)$/.exec(String(refused['message']))?.[1] ?? 'none'
  await expect.poll(() => daemon.log).toContain(ref)
  const line = daemon.log.split('\n').find(text => text.includes(`"ref":"${ref}"`)) ?? '{}'
  expect(JSON.parse(line)).toMatchObject({
    event: 'error',
    name: 'alice',
    code: 'not_in_room',
    action: 'chat',
  })
  expect(line).not.toMatch(/secret|127\.0\.0\.1/)
})
