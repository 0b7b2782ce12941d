import { allStored, FOR_MANY, underLoad } from '../load.ts'
import { listening, must, type Scenario } from '../scenario.ts'

const CLIENTS = 500

export const scenario: Scenario = {
  title: 'systemctl restart under load, without the socket unit',
  async run(machine) {
    await machine.ok(FOR_MANY)
    await listening(machine)
    const load = await underLoad(machine, { clients: CLIENTS, seconds: 12 }, () =>
      machine.ok('systemctl restart chatd; sleep 3; systemctl restart chatd'),
    )
    must(load.present === CLIENTS, `${load.present} of ${CLIENTS} clients came back`)
    const stored = await allStored(machine, load)
    return `${stored} messages; ${load.refused} of ${load.attempts} attempts refused; longest away ${load.longestAway} ms`
  },
}
