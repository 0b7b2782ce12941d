import { eventually, must, type Scenario, withoutNotify } from '../scenario.ts'

export const ready: Scenario = {
  title: 'after systemctl start returns, the first connection succeeds, every time',
  missing: withoutNotify,
  async run(machine) {
    for (let n = 0; n < 10; n++)
      await machine.ok('systemctl stop chatd; systemctl start chatd; exec 3<>/dev/tcp/127.0.0.1/9011')
    must((await machine.property('chatd', 'StatusText')) !== '', 'systemctl status has no text of chatd')
    return '10 of 10'
  },
}

export const watchdog: Scenario = {
  title: 'a daemon that hangs is killed by the watchdog and started again',
  missing: async machine =>
    (await withoutNotify(machine)) ??
    ((await machine.property('chatd', 'WatchdogUSec')) === '0' ? 'the unit has no WatchdogSec=' : undefined),
  async run(machine) {
    const before = await machine.property('chatd', 'MainPID')
    await machine.ok(`mkdir -p /run/systemd/system/chatd.service.d
      printf '%s\\n' '[Service]' 'WatchdogSec=3' >/run/systemd/system/chatd.service.d/soon.conf
      systemctl daemon-reload; systemctl restart chatd; sleep 5; systemctl is-active chatd`)
    const frozen = await machine.property('chatd', 'MainPID')
    must(
      frozen !== before && (await machine.property('chatd', 'NRestarts')) === '0',
      'it did not stay up by itself',
    )
    await machine.ok(`kill -STOP ${frozen}`)
    const took = await eventually(
      'the watchdog did not act',
      async () => !['0', frozen].includes(await machine.property('chatd', 'MainPID')),
      20,
    )
    return `back ${(took / 1_000).toFixed(1)} s after it froze, with WatchdogSec=3`
  },
}
