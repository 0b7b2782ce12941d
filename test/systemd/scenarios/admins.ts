import { must, type Scenario, say } from '../scenario.ts'

export const scenario: Scenario = {
  title: 'members of chatd-admin run commands without root, others do not',
  async run(machine) {
    await machine.ok(`useradd --groups chatd-admin alice; useradd bob\n${say('dev', 'for the export')}`)
    const as = (user: string, command: string): string =>
      `setpriv --reuid=${user} --regid=${user} --init-groups ${command}`
    must(
      (await machine.ok(as('alice', 'chatd export dev'))).includes('for the export'),
      'alice cannot export',
    )
    await machine.ok(as('alice', 'chatd user add carol'))
    must((await machine.ok(as('alice', 'chatd user list'))).includes('carol'), 'alice cannot list accounts')
    await machine.ok(as('alice', 'chatd invite --room dev'))
    for (const command of ['chatd user list', 'chatd export dev', 'cat /var/lib/chatd/chatd.db']) {
      const { code, err } = await machine.run(as('bob', command))
      must(code === 1 && !/\n\s+at /.test(err), `bob got further with ${command}: ${code} ${err}`)
    }
    must(
      (await machine.run(as('alice', 'cat /var/lib/chatd/chatd.db'))).code !== 0,
      'alice can read the log itself',
    )
    must((await machine.run(as('alice', 'ls /var/lib/chatd'))).code !== 0, 'alice can list the directory')
    return undefined
  },
}
