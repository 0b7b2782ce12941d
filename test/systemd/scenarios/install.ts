import { eventually, listening, must, type Scenario } from '../scenario.ts'

export const scenario: Scenario = {
  title: 'install the package on a bare Debian without network',
  begins: 'bare',
  isShort: true,
  async run(machine) {
    const alone = await machine.run('dpkg --install /packages/chatd.deb')
    must(alone.code !== 0 && /libatomic1/.test(alone.err), 'without libatomic1, dpkg must name it')
    const began = performance.now()
    await machine.ok('dpkg --install /packages/libatomic1.deb /packages/chatd.deb')
    await listening(machine)
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    await machine.ok('systemctl is-active chatd; systemctl is-enabled chatd chatd-backup.timer')
    must(
      (await machine.run('systemctl is-enabled chatd.socket')).out.trim() === 'disabled',
      'the socket is not for all',
    )
    const owners = await machine.ok(
      'stat -c "%a %U:%G %n" /var/lib/chatd /var/lib/chatd/control /var/lib/chatd/chatd.db',
    )
    must(
      owners ===
        '710 chatd:chatd-admin /var/lib/chatd\n660 chatd:chatd-admin /var/lib/chatd/control\n600 chatd:chatd-admin /var/lib/chatd/chatd.db\n',
      `the data has other owners: ${owners}`,
    )
    await machine.ok('getent passwd chatd; getent group chatd chatd-admin; test -s /etc/chatd/chatd.conf')
    const failed = await machine.ok('systemctl list-units --failed --plain --no-legend')
    must(failed === '', `units failed: ${failed}`)
    await eventually('the journal has no line of chatd', async () =>
      (await machine.journal()).includes('listening'),
    )
    return `${seconds} s until it listens`
  },
}
