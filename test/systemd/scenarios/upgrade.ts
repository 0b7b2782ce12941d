import type { Machine } from '../machine.ts'
import { listening, must, type Scenario, say } from '../scenario.ts'

async function installedVersion(machine: Machine): Promise<string> {
  return (await machine.ok('dpkg --status chatd | sed -n "s/^Version: //p"')).trim()
}

export const scenario: Scenario = {
  title: 'upgrade from the previous package: data, settings and the administrator’s changes stay',
  begins: 'previous',
  async run(machine) {
    await machine.ok(`${say('dev', 'said before the upgrade')}
      echo '# a change of the administrator' >>/etc/chatd/chatd.conf
      systemctl disable --quiet chatd-backup.timer`)
    const before = await machine.property('chatd', 'MainPID')
    const old = await installedVersion(machine)
    await machine.ok('dpkg --install --force-confdef --force-confold /packages/chatd.deb')
    await listening(machine)
    const now = await installedVersion(machine)
    must(now !== old, `the version is still ${now}`)
    must((await machine.property('chatd', 'MainPID')) !== before, 'the old daemon still runs')
    must((await machine.ok('chatd export dev')).includes('said before the upgrade'), 'the message is gone')
    await machine.ok("grep -q 'a change of the administrator' /etc/chatd/chatd.conf")
    const timer = (await machine.run('systemctl is-enabled chatd-backup.timer')).out.trim()
    must(timer === 'disabled', `the timer that the administrator disabled is ${timer}`)
    return `${old} to ${now}`
  },
}

export const oldLog: Scenario = {
  title: 'upgrade over logs of earlier layouts: each opens, and has its messages',
  begins: 'previous',
  async run(machine) {
    await machine.ok('systemctl stop chatd; dpkg --install --force-confold /packages/chatd.deb')
    const layouts = (await machine.ok('ls /layouts')).trim().split('\n')
    for (const layout of layouts) {
      await machine.ok(`systemctl stop chatd; rm -rf /var/lib/chatd/chatd.db*
        zcat /layouts/${layout} >/var/lib/chatd/chatd.db; chown chatd:chatd-admin /var/lib/chatd/chatd.db
        systemctl start chatd`)
      await listening(machine)
      const checked = await machine.ok('chatd check')
      must(checked.includes('integrity: ok'), `${layout}: ${checked}`)
      await machine.ok(say('after', `after ${layout}`))
      must(
        (await machine.ok('chatd export after')).includes(`after ${layout}`),
        `${layout}: nothing can be said`,
      )
    }
    return layouts.join(', ')
  },
}

/** The unit of earlier versions, for npm. */
export const dynamicUser: Scenario = {
  title: 'an installation by npm with DynamicUser=yes becomes the package',
  async run(machine) {
    await machine.ok(`${say('dev', 'said under DynamicUser')} dpkg --remove chatd`)
    // What systemd makes of StateDirectory= with DynamicUser=.
    await machine.ok(`mkdir -m 700 -p /var/lib/private; mv /var/lib/chatd /var/lib/private/chatd
      ln -s private/chatd /var/lib/chatd; chown -R 64000:64000 /var/lib/private/chatd
      dpkg --install /packages/chatd.deb`)
    await listening(machine)
    must((await machine.ok('chatd export dev')).includes('said under DynamicUser'), 'the message is gone')
    must(
      (await machine.ok('stat -c "%U %F" /var/lib/chatd')).trim() === 'chatd directory',
      'the data is not where it belongs',
    )
    return undefined
  },
}
