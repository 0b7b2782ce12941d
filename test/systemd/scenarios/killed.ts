import { allStored, FOR_MANY, underLoad } from '../load.ts'
import { listening, must, type Scenario } from '../scenario.ts'

export const scenario: Scenario = {
  title: 'kill -9 under load: systemd starts it again, nothing is lost',
  async run(machine) {
    await machine.ok(FOR_MANY)
    await listening(machine)
    const load = await underLoad(machine, { clients: 100, seconds: 9 }, async () => {
      const before = await machine.property('chatd', 'MainPID')
      await machine.ok('systemctl kill --signal=KILL chatd')
      await listening(machine)
      must(
        (await machine.property('chatd', 'MainPID')) !== before,
        'the daemon is still the one that was killed',
      )
    })
    must((await machine.property('chatd', 'NRestarts')) === '1', 'systemd restarted it once')
    must(load.present === 100, `${load.present} of 100 clients came back`)
    return `${await allStored(machine, load)} messages; longest away ${load.longestAway} ms`
  },
}
