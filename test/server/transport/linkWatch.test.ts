import { spawn } from 'node:child_process'
import { describe, expect, onTestFinished, test } from 'vitest'
import { keyOf, unansweredIn } from '../../../src/server/transport/linkWatch.ts'
import { canMakeNetworks, FarMachine } from '../../e2e/network.ts'
import { Peer, type Server, startServer } from '../peer.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

describe('the table of the kernel', () => {
  test('tells the connections that acknowledge nothing', () => {
    const table = `${HEAD}   0: 0100007F:2333 0200000A:9E68 01 00000010:00000000 01:00000014 00000003     0        0 1
   1: 0100007F:2333 0200000A:9E69 01 00000010:00000000 01:00000014 00000000     0        0 2
   2: 0100007F:2333 0200000A:9E6A 01 00000010:00000000 04:00000014 00000000     0        5 3
   3: 0100007F:2333 0200000A:9E6B 06 00000000:00000000 03:0000079C 00000000     0        0 0
`
    expect([...unansweredIn([table])]).toEqual(['2333 0200000A:9E68'])
    expect(keyOf({ remoteAddress: '10.0.0.2', remotePort: 0x9e68, localPort: 0x2333 })).toBe(
      '2333 0200000A:9E68',
    )
  })

  test('has IPv6, and IPv4 in IPv6', () => {
    const ends = { remotePort: 1, localPort: 2 }
    expect(keyOf({ ...ends, remoteAddress: 'fd77:1::2' })).toBe('0002 010077FD000000000000000002000000:0001')
    expect(keyOf({ ...ends, remoteAddress: '::ffff:10.0.0.2' })).toBe(
      '0002 0000000000000000FFFF00000200000A:0001',
    )
  })
})

describe.skipIf(!canMakeNetworks())('a machine that vanishes', () => {
  /** A plain client that is in a room and never ends by itself; gives what it has been told so far. */
  async function plainFrom(
    machine: FarMachine,
    from: string,
    server: Server,
    name: string,
  ): Promise<() => string> {
    const [program, ...prefix] = machine.prefix
    const ends = JSON.stringify({ port: server.port, host: machine.nearIpv6, localAddress: from })
    const script = `const s = require('net').connect(${ends}); s.on('data', d => process.stdout.write(d))
      s.write('{"action":"connect","username":"${name}"}\\n{"action":"joinroom","room":"dev"}\\n')`
    const child = spawn(program, [...prefix, process.execPath, '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let told = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text
    })
    return () => told
  }

  async function room() {
    const settings = {
      plaintextFrom: [{ network: 'fd77::', prefix: 16 }],
      unansweredAfter: 3_000,
      leftAfter: 0,
    }
    const server = await startServer(settings, undefined, { host: '::', port: 0 })
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    return { server, alice }
  }

  const ofGhost = (alice: Peer) => alice.of('joined', 'left').map(({ action }) => action)

  test('from a room where people talk leaves it', async () => {
    const { server, alice } = await room()
    const machine = new FarMachine()
    const address = machine.addIpv6(3)
    await plainFrom(machine, address, server, 'ghost')
    await alice.next('joined')
    machine.remove(address)
    await alice.ask({ action: 'chat', room: 'dev', message: 'are you there?' })
    expect(await alice.next('left')).toMatchObject({ from: 'ghost' })
  }, 40_000)

  test.each([
    ['a quiet room', false],
    ['a room where people talk', true],
  ])(
    'gives its place in %s to its own return',
    async (_, isBusy) => {
      const { server, alice } = await room()
      const machine = new FarMachine()
      const [before, after] = [machine.addIpv6(3), machine.addIpv6(4)]
      await plainFrom(machine, before, server, 'ghost')
      await alice.next('joined')
      machine.remove(before)
      if (isBusy) await alice.ask({ action: 'chat', room: 'dev', message: 'are you there?' })
      await plainFrom(machine, after, server, 'ghost')
      await alice.until(() => ofGhost(alice).length >= 3)
      expect(ofGhost(alice)).toEqual(['joined', 'left', 'joined'])
    },
    40_000,
  )

  test('gives its place to one of two returns', async () => {
    const { server, alice } = await room()
    const machine = new FarMachine()
    const [before, after] = [machine.addIpv6(3), machine.addIpv6(4)]
    await plainFrom(machine, before, server, 'ghost')
    await alice.next('joined')
    machine.remove(before)
    const returns = await Promise.all([1, 2].map(() => plainFrom(machine, after, server, 'ghost')))
    await alice.until(() => ofGhost(alice).length >= 3)
    await expect
      .poll(() => returns.filter(told => told().includes('name_taken')).length, { timeout: 20_000 })
      .toBe(1)
  }, 40_000)
})
