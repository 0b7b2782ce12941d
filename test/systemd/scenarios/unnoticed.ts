import { once } from 'node:events'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fillLog } from '../../../bench/longLog.ts'
import type { Crowd, CrowdOrder } from '../crowd.ts'
import { FOR_MANY } from '../load.ts'
import type { Machine } from '../machine.ts'
import { listening, must, type Scenario } from '../scenario.ts'

const CROWD = join(import.meta.dirname, '../crowd.ts')
const ORDER: CrowdOrder = { clients: 1_000, rooms: 100, joined: 2, every: 4_000, asleep: 5 }
const LONG = 5_000_000
/** How long the clients talk before the restart and after it, ms: each says something before, and after. */
const TALK_MS = ORDER.every * 1.25
/** Takes the sockets from systemd, as an operator switches to them. */
const BY_SOCKET = 'systemctl stop chatd; systemctl start chatd.socket; systemctl start chatd\n'

export const scenario: Scenario = {
  title: `${ORDER.clients} clients do not notice systemctl restart`,
  async run(machine) {
    await machine.ok(BY_SOCKET + FOR_MANY)
    return unnoticed(machine)
  },
}

export const long: Scenario = {
  title: `${ORDER.clients} clients do not notice systemctl restart, with ${LONG / 1_000_000} million events`,
  brings(directory) {
    fillLog(directory, LONG, n => `room${n % 100}`)
    return { '/long': directory }
  },
  async run(machine) {
    await machine.ok(`systemctl stop chatd; chown -R chatd: /long
      mount --bind /long /var/lib/chatd; ${BY_SOCKET} ${FOR_MANY}`)
    return unnoticed(machine)
  },
}

/**
 * Restarts the service while many clients talk: none is refused, nothing is lost, doubled or out of order, and all come back. How long
 * that takes is told beside the 3 s that were asked for, and fails nothing: the clients share the cores of the daemon.
 */
async function unnoticed(machine: Machine): Promise<string> {
  await listening(machine)
  const child = machine.startBeside(process.execPath, CROWD, JSON.stringify(ORDER))
  const output = createInterface({ input: child.stdout ?? process.stdin })
  const lines = output[Symbol.asyncIterator]()
  const first = await lines.next()
  must(first.done !== true, 'the clients did not come in')
  await delay(TALK_MS)
  await machine.ok('systemctl restart chatd')
  const [busy = 0] = loadavg()
  const times = await timesOf(machine)
  await delay(TALK_MS)
  child.stdin?.write('end\n')
  const last = await lines.next()
  must(last.done !== true, 'the clients ended with a failure')
  if (child.exitCode === null) await once(child, 'exit')
  const crowd = JSON.parse(last.value) as Crowd
  must(crowd.wrong.length === 0, crowd.wrong.join('; '))
  must(crowd.refused === 0, `${crowd.refused} attempts were refused`)
  must(crowd.away.length === ORDER.clients, `${crowd.away.length} times a client came back`)
  const stored = await storedAsSeen(machine, crowd)
  const at = (share: number): string => seconds(crowd.away[Math.ceil(share * crowd.away.length) - 1] ?? 0)
  return [
    `${stored} messages, each stored and seen once, in order; 0 attempts refused`,
    `back after ${at(0.5)} (half), ${at(0.99)} (99 %), ${at(1)} (all; asked: 3 s); the last ${seconds(crowd.backAt - crowd.lostAt)} after the first was lost`,
    `a message waited at most ${seconds(crowd.longestUnsent)}; the service: ${times}`,
    `the clients used ${crowd.cpu.toFixed(1)} s of CPU and were at most ${crowd.late} ms late; load average ${busy.toFixed(1)}`,
  ].join('\n')
}

/** Fails unless the log has what the members of each room saw, and that alone. Gives the number of messages. */
async function storedAsSeen(machine: Machine, { seen, said }: Crowd): Promise<number> {
  let stored = 0
  for (const [room, texts] of Object.entries(seen)) {
    const lines = await machine.ok(`chatd export ${room} | grep '"from":"crowd' || true`)
    const logged = lines
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { message: string }).message)
    must(
      logged.join('\n') === texts.join('\n'),
      `${room}: the log has ${logged.length} messages, its members saw ${texts.length}`,
    )
    stored += logged.length
  }
  must(stored === said, `${said} messages were said, and ${stored} are stored`)
  must(stored > ORDER.clients, `only ${stored} messages were said: this shows nothing`)
  return stored
}

/** How long the last stop and the last start took, as systemd saw them. */
async function timesOf(machine: Machine): Promise<string> {
  const at = async (what: string): Promise<number> =>
    Number(await machine.property('chatd', `${what}TimestampMonotonic`)) / 1_000
  const [stopping, gone, starting, ready] = await Promise.all(
    ['ActiveExit', 'InactiveEnter', 'InactiveExit', 'ActiveEnter'].map(at),
  )
  const took = (from = 0, to = 0): string => seconds(to - from)
  return `stopping ${took(stopping, gone)}, starting ${took(starting, ready)}, away ${took(stopping, ready)}`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}
