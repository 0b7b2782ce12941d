import { listening, must, type Scenario, withoutConfiguration, withoutNotify } from '../scenario.ts'

const FILE = '/etc/chatd/chatd.conf'

export const broken: Scenario = {
  title: 'a broken configuration: systemctl start fails, and the error names file and line',
  missing: async machine => (await withoutConfiguration(machine)) ?? (await withoutNotify(machine)),
  async run(machine) {
    await machine.ok(`systemctl stop chatd; echo 'lisen = ["127.0.0.1:9011"]' >>${FILE}`)
    must(
      (await machine.run('systemctl start chatd')).code !== 0,
      '"systemctl start" said ok for a broken file',
    )
    must(/chatd\.conf, line \d+: .*lisen/.test(await machine.journal()), await machine.journal())
    must(
      (await machine.run('chatd config check')).code !== 0,
      '"chatd config check" said ok for a broken file',
    )
    return undefined
  },
}

export const reloaded: Scenario = {
  title: 'reload: a good file applies, a broken one changes nothing and exits with 1',
  missing: withoutConfiguration,
  async run(machine) {
    const pid = await machine.property('chatd', 'MainPID')
    await machine.ok(`sed -i '1i log-level = "debug"' ${FILE}; systemctl reload chatd`)
    must((await machine.ok('chatd config show')).includes('debug'), 'the new level does not show')
    await machine.ok(`sed -i '1i log-level = "loud"' ${FILE}`)
    must(
      (await machine.run('systemctl reload chatd')).code !== 0,
      '"systemctl reload" said ok for a broken file',
    )
    must((await machine.run('chatd reload')).code === 1, '"chatd reload" does not exit with 1')
    must((await machine.property('chatd', 'MainPID')) === pid, 'the daemon is another one')
    await listening(machine)
    return undefined
  },
}
