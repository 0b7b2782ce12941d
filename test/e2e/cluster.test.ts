import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { BrokerCluster } from '../cluster/brokerCluster.ts'
import { findNatsServer, WITHOUT_NATS } from '../cluster/natsServer.ts'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, runChatd } from './programs.ts'

const program = findNatsServer()
if (program === undefined) console.log(WITHOUT_NATS)
/** An election takes up to 9 s. */
const ELECTION = { timeout: 30_000, interval: 50 }

/** A plain client in a room, and what it was sent. */
function plain(port: number, username: string): { readonly socket: Socket; readonly heard: () => string } {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let heard = ''
  socket.on('error', () => undefined).setEncoding('utf8')
  socket.on('data', (text: string) => {
    heard += text
  })
  socket.write(`{"action":"connect","username":"${username}"}\n{"action":"joinroom","room":"dev"}\n`)
  return { socket, heard: () => heard }
}

function say(socket: Socket, message: string): void {
  socket.write(`${JSON.stringify({ action: 'chat', room: 'dev', message })}\n`)
}

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

    expect(await one.end('SIGTERM')).toBe(0)
    expect(await two.end('SIGTERM')).toBe(0)
    const alone = await runChatd(homes[0], '--listen', '127.0.0.1:0', '--data', homes[0].join('data'))
    expect(alone).toMatchObject({ code: 1, err: expect.stringContaining('follows a shared log') })
  },
)
