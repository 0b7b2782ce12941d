import { listening, must, type Scenario, say } from '../scenario.ts'

export const scenario: Scenario = {
  title: 'removal keeps the data, purge removes it',
  async run(machine) {
    await machine.ok(`${say('dev', 'said before the removal')} dpkg --remove chatd`)
    must((await machine.run('systemctl is-active chatd')).code !== 0, 'chatd still runs')
    must(
      (await machine.run('pgrep -u chatd || ls -d /usr/lib/chatd')).out === '',
      'something of it still runs or is there',
    )
    await machine.ok(
      'test -s /var/lib/chatd/chatd.db; test -s /etc/chatd/chatd.conf; dpkg --install /packages/chatd.deb',
    )
    await listening(machine)
    must((await machine.ok('chatd export dev')).includes('said before the removal'), 'the message is gone')
    await machine.ok('dpkg --purge chatd')
    const left =
      await machine.ok(`ls -d /var/lib/chatd /var/lib/private/chatd /etc/chatd /run/chatd 2>/dev/null || true
      find / -xdev -user chatd -not -path '/proc/*' 2>/dev/null || true
      find /etc/systemd /var/lib/systemd -name '*chatd*'
      systemctl list-unit-files --no-legend '*chatd*' || true`)
    must(left === '', `a purge leaves: ${left}`)
    must((await machine.run('dpkg --verify chatd')).out === '', 'dpkg still knows files')
    return undefined
  },
}
