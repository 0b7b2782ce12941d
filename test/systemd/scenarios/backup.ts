import { must, type Scenario, say } from '../scenario.ts'

export const scenario: Scenario = {
  title: 'the nightly backup, and what it made holds the messages',
  async run(machine) {
    await machine.ok(
      `${say('dev', 'kept in the backup')} systemctl start chatd-backup; systemctl start chatd-backup`,
    )
    const files = (await machine.ok('ls /var/lib/chatd/backups/*.db')).trim().split('\n')
    const exported = await machine.ok(
      `mkdir /tmp/restored; cp ${files[0]} /tmp/restored/chatd.db; chatd export dev --data /tmp/restored`,
    )
    must(exported.includes('kept in the backup'), 'the backup does not have the message')
    const timer = await machine.ok('systemctl list-timers --no-legend chatd-backup.timer')
    must(timer.includes('chatd-backup.service'), 'the timer is not waiting')
    return `${files.length} file`
  },
}

/** The lines of docs/operating.md ("Backup and restore") for another disk. */
const ELSEWHERE = '/mnt/backups/chatd'

export const elsewhere: Scenario = {
  title: 'backup-directory: the nightly backup goes there once its unit may write there, and chatd sees it',
  async run(machine) {
    await machine.ok(
      `${say('dev', 'kept elsewhere')} sed -i '1i backup-directory = "${ELSEWHERE}"' /etc/chatd/chatd.conf
      systemctl reload chatd; install -d -o chatd -g chatd-admin -m 700 ${ELSEWHERE}`,
    )
    must((await machine.run('systemctl start chatd-backup')).code !== 0, 'the unit wrote where it may not')
    const said = await machine.ok('journalctl -u chatd-backup -o cat')
    must(said.includes('ReadWritePaths='), 'the unit does not say what to do')
    await machine.ok(`mkdir -p /etc/systemd/system/chatd-backup.service.d
      printf '[Service]\\nReadWritePaths=${ELSEWHERE}\\n' > /etc/systemd/system/chatd-backup.service.d/directory.conf
      systemctl daemon-reload; systemctl start chatd-backup`)
    const [file = ''] = (await machine.ok(`ls ${ELSEWHERE}`)).trim().split('\n')
    must(/^chatd-\d{8}T\d{6}Z\.db$/.test(file), 'there is no backup')
    const status = await machine.ok('chatd status --json')
    must(status.includes(`"backups":"${ELSEWHERE}","lastBackup":"2`), `chatd does not see it: ${status}`)
    // By hand, as root: it belongs to the account of the service.
    await machine.ok('chatd backup')
    const owners = await machine.ok(`stat -c %U ${ELSEWHERE}/*.db | sort -u`)
    must(owners.trim() === 'chatd', `the backups belong to ${owners}`)
    return undefined
  },
}
