import { allStored, FOR_MANY, underLoad } from '../load.ts'
import { listening, must, type Scenario } from '../scenario.ts'

const CLIENTS = 500

export const scenario: Scenario = {
  title: 'systemctl restart under load, with chatd.socket: none is refused',
  async missing(machine) {
    // A daemon that wants the port for itself fails again and again.
    await machine.ok(
      'systemctl stop chatd; systemctl start chatd.socket; systemctl start chatd || true; sleep 4',
    )
    const isUp = (await machine.run('systemctl is-active chatd')).code === 0
    return isUp && (await machine.property('chatd', 'NRestarts')) === '0'
      ? undefined
      : 'this chatd does not take sockets from systemd (LISTEN_FDS) yet'
  },
  async run(machine) {
    await machine.ok(FOR_MANY)
    await listening(machine)
    const load = await underLoad(machine, { clients: CLIENTS, seconds: 12 }, () =>
      machine.ok('systemctl restart chatd; sleep 3; systemctl kill --signal=KILL chatd'),
    )
    must(load.refused === 0, `${load.refused} of ${load.attempts} attempts were refused`)
    must(load.present === CLIENTS, `${load.present} of ${CLIENTS} clients came back`)
    await machine.ok(`echo hello | chat-tui --host unix:/run/chatd/chat --user ci --room dev`)
    return `${await allStored(machine, load)} messages; none of ${load.attempts} attempts refused; longest away ${load.longestAway} ms`
  },
}
