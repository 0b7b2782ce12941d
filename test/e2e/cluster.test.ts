import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { BrokerCluster } from '../cluster/brokerCluster.ts'
import { findNatsServer, WITHOUT_NATS } from '../cluster/natsServer.ts'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, chatTui, runChatd, stored } from './programs.ts'

const program = findNatsServer()
if (program === undefined) console.log(WITHOUT_NATS)
/** An election takes up to 9 s. */
const ELECTION = { timeout: 30_000, interval: 50 }

/** A plain client in a room, and what it was sent. */
function plain(
  port: number,
  username: string,
  room = 'dev',
): { readonly socket: Socket; readonly heard: () => string } {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let heard = ''
  socket.on('error', () => undefined).setEncoding('utf8')
  socket.on('data', (text: string) => {
    heard += text
  })
  socket.write(`{"action":"connect","username":"${username}"}\n{"action":"joinroom","room":"${room}"}\n`)
  return { socket, heard: () => heard }
}

function say(socket: Socket, message: string, room = 'dev'): void {
  socket.write(`${JSON.stringify({ action: 'chat', room, message })}\n`)
}

test('plain text to a broker of another machine is warned of; a password in --log is refused and not shown', async () => {
  const home = new Home()
  const start = (log: string) =>
    runChatd(home, '--listen', '127.0.0.1:0', '--data', home.join('data'), '--log', log)
  // An address of a documentation network: no broker answers there.
  const plain = await start('nats://192.0.2.1')
  expect(plain).toMatchObject({
    code: 1,
    err: expect.stringMatching(/plain text goes to brokers(.|\n)*no broker answers at 192\.0\.2\.1/),
  })
  expect((await start('nats://127.0.0.1:9')).err).not.toContain('plain text')
  const secret = await start('tls://chatd:hunter2@192.0.2.1')
  expect(secret).toMatchObject({ code: 2, err: expect.stringContaining('log-credentials') })
  expect(secret.err).not.toContain('hunter2')
})

test.skipIf(program === undefined)(
  'people talk through two daemons, while the broker that leads dies and a daemon is killed',
  { timeout: 120_000 },
  async () => {
    const brokers = await BrokerCluster.start(program ?? '')
    onTestFinished(() => brokers.close())
    const address = brokers.address('chatd')
    const homes = [new Home(), new Home()] as const
    const flags = ['--listen', '127.0.0.1:0', '--no-limits', '--log', address]

    const early = await runChatd(homes[0], ...flags, '--data', homes[0].join('early'))
    expect(early.code).toBe(1)
    expect(early.err).toContain(`make it with chatd cluster init --log ${address.replace(/\/chatd$/, '')}`)
    const made = await runChatd(homes[0], 'cluster', 'init', '--log', address)
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('which 3 brokers keep') })
    const status = await runChatd(homes[0], 'cluster', 'status', '--log', address)
    expect(status.out).toContain('has everything')
    // These brokers have no monitoring, and are on one machine.
    const checked = await runChatd(homes[0], 'cluster', 'check', '--log', address, '--json')
    expect(checked.code).toBe(1)
    const report = JSON.parse(checked.out) as { readonly findings: readonly { readonly about: string }[] }
    expect(report).toMatchObject({ ok: false, brokers: ['n0', 'n1', 'n2'] })
    expect(report.findings.map(({ about }) => about)).toEqual(['monitoring', 'replicas'])
    const unnamed = await runChatd(homes[0], 'cluster', 'status')
    expect(unnamed).toMatchObject({ code: 2, err: expect.stringContaining('name the brokers: --log') })

    const one = await Chatd.start(homes[0], flags)
    const two = await Chatd.start(homes[1], flags)
    const alice = plain(one.port, 'alice')
    const bob = plain(two.port, 'bob')
    await vi.waitFor(() => {
      say(alice.socket, 'is anyone here?')
      expect(bob.heard()).toContain('is anyone here?')
    }, ELECTION)
    say(bob.socket, 'hello from the other one')
    await vi.waitFor(() => expect(alice.heard()).toContain('hello from the other one'), ELECTION)

    const watched = await runChatd(homes[0], 'cluster', 'status', '--log', address)
    expect(watched.out.match(/^daemon .*: is given everything$/gm)).toHaveLength(2)
    const leader = await brokers.leaderOf('chatd')
    await brokers.signal(leader ?? 0, 'SIGKILL')
    say(alice.socket, 'after the leader')
    await vi.waitFor(() => expect(bob.heard()).toContain('after the leader'), ELECTION)
    expect(alice.heard()).not.toContain('error')

    const rea = await Peer.full(one, 'rea')
    await rea.ask({ action: 'joinroom', room: 'dev' })
    const sessions = new Map<string, string>()
    for (const name of ['sam', 'tom']) {
      const peer = await Peer.full(two, name)
      sessions.set(name, String(peer.of('welcome')[0]?.['session']))
      await peer.ask({ action: 'joinroom', room: 'dev' })
      await rea.wait(({ action, from }) => action === 'joined' && from === name)
      // The log has the session.
      expect(await peer.ask({ action: 'chat', room: 'dev', message: 'hello' })).toMatchObject({
        action: 'ok',
      })
      await rea.wait(({ action, from }) => action === 'chat' && from === name)
    }

    await two.end('SIGKILL')
    const moved = await Peer.full(one, 'tom', sessions.get('tom'))
    await moved.ask({ action: 'joinroom', room: 'dev' })
    say(alice.socket, 'while you are away')
    await two.startAgain()
    const again = plain(two.port, 'bob')
    say(again.socket, 'back again')
    await vi.waitFor(() => expect(alice.heard()).toContain('back again'), ELECTION)
    const exported = await runChatd(homes[1], 'export', 'dev', '--data', homes[1].join('data'))
    expect(exported.out).toContain('while you are away')
    // The killed daemon came back in its directory: the others know that it is not the same.
    await rea.wait(({ action, from }) => action === 'left' && from === 'sam')
    expect(rea.of('joined', 'left').map(({ action, from }) => `${from} ${action}`)).toEqual([
      'sam joined',
      'tom joined',
      'sam left',
    ])

    await oneMoves([one, two], homes)

    const datas = homes.map(home => home.join('data'))
    const inCluster = (...args: readonly string[]) => runChatd(homes[0], 'cluster', ...args, '--log', address)
    const base = await inCluster('base', '--data', datas[0] ?? '')
    expect(base).toMatchObject({ code: 0, out: expect.stringContaining('stored a base of') })
    expect((await inCluster('status')).out).toContain('base: everything up to position')
    const backup = homes[1].join('backup.db')
    expect((await runChatd(homes[1], 'backup', backup, '--data', datas[1] ?? '')).code).toBe(0)
    expect((await inCluster('restore', backup)).err).toContain('the brokers have a log "chatd" already')
    expect(await one.end('SIGTERM')).toBe(0)
    const alone = await runChatd(homes[0], '--listen', '127.0.0.1:0', '--data', datas[0] ?? '')
    expect(alone).toMatchObject({ code: 1, err: expect.stringContaining('follows a shared log') })
    const back = await inCluster('move', '--back', '--data', datas[0] ?? '')
    expect(back).toMatchObject({
      code: 0,
      out: expect.stringContaining('is a log of its own; epoch and seqs'),
    })
    await vi.waitFor(() => expect(two.log).toContain('moved to a single server'), ELECTION)
    expect(await two.end('SIGTERM')).toBe(0)
    const removed = await inCluster('remove', '--yes')
    expect(removed).toMatchObject({ code: 0, out: expect.stringContaining('removed the log "chatd"') })
    expect(await inCluster('restore', backup)).toMatchObject({
      code: 0,
      out: expect.stringContaining('begins afresh'),
    })
    const single = await runChatd(homes[0], 'export', 'dev', '--data', datas[0] ?? '')
    expect(single.out).toContain('while you are away')
  },
)

/** A person at one of two daemons, which is killed: the screen moves, and what is typed meanwhile is stored once. */
async function oneMoves(daemons: readonly [Chatd, Chatd], homes: readonly [Home, Home]): Promise<void> {
  const host = daemons.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const carol = chatTui(['--host', host, '--user', 'carol', '--room', 'moving'])
  await carol.waitFor('● online')
  await carol.waitFor('the beginning of #moving')
  const who = await runChatd(homes[0], 'who', '--name', 'carol', '--json', '--data', homes[0].join('data'))
  // Connections of another daemon have its name beside them.
  const at = /"name":"carol"/.test(who.out) && !who.out.includes('"daemon"') ? 0 : 1
  const since = Date.now()
  await daemons[at].end('SIGKILL')
  carol.type('typed meanwhile\r')
  const other = plain(daemons[1 - at]?.port ?? 0, 'dan', 'moving')
  await carol.waitFor(stored('typed meanwhile'))
  await carol.waitFor('● online')
  expect(Date.now() - since).toBeLessThan(5_000)
  say(other.socket, 'seen at the other one', 'moving')
  await carol.waitFor('seen at the other one', 30_000)
  expect(carol.screen()).not.toMatch(/offline|✗/)
  await daemons[at].startAgain()
  const exported = await runChatd(homes[0], 'export', 'moving', '--data', homes[0].join('data'))
  expect(exported.out.split('typed meanwhile')).toHaveLength(2)
}
