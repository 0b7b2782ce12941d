import { eventually, must, type Scenario, withoutNotify } from '../scenario.ts'

const WRONG = `mkdir -p /run/systemd/system/chatd.service.d
printf '%s\\n' '[Service]' 'ExecStart=' 'ExecStart=/usr/bin/chatd --lisen 127.0.0.1:9011' >/run/systemd/system/chatd.service.d/wrong.conf
systemctl daemon-reload; systemctl stop chatd`

/** What holds for every type of unit. */
export const scenario: Scenario = {
  title: 'a wrong flag: the unit is failed at once, says why, and is not restarted',
  async run(machine) {
    await machine.ok(WRONG)
    await machine.run('systemctl start chatd')
    await eventually(
      'the unit is not failed',
      async () => (await machine.run('systemctl is-failed chatd')).code === 0,
    )
    await machine.ok('sleep 3')
    must((await machine.property('chatd', 'NRestarts')) === '0', 'systemd restarted what cannot start')
    must((await machine.property('chatd', 'ExecMainStatus')) === '2', 'the exit code is not 2')
    must(
      /chatd: .*--lisen/.test(await machine.journal()),
      `the journal does not name the flag: ${await machine.journal()}`,
    )
    return undefined
  },
}

export const startFails: Scenario = {
  title: 'systemctl start fails where the daemon does',
  missing: withoutNotify,
  async run(machine) {
    await machine.ok(WRONG)
    must(
      (await machine.run('systemctl start chatd')).code !== 0,
      '"systemctl start" said ok for a wrong flag',
    )
    return undefined
  },
}
