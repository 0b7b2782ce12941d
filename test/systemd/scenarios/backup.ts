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
