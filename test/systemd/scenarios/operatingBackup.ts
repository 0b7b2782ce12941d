import { walk } from '../document.ts'
import { listening, must, say } from '../scenario.ts'
import { open, packagesAtHand, sshBetween } from '../standIns.ts'

const CRONTAB = '/var/spool/cron/crontabs/root'

export const backups = walk('backups, the drill, a restore, another machine', {
  'Backups on another disk': {
    before: async places => {
      await open(places)
      await listening(places.server)
      await places.server.ok(say('dev', 'kept'))
    },
    after: async (_, printed) => must(/^chatd-2\d+T\d+Z\.db$/m.test(printed), printed),
  },
  'By cron': {
    after: async ({ server }) => {
      // As cron takes it: it accepts the table, and runs the line in an environment of its own.
      await server.ok(`rm /var/backups/chatd/*; crontab ${CRONTAB}
        line=$(sed -n 's/^0 3 \\* \\* \\*  *//p' ${CRONTAB})
        env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH=/usr/bin:/bin sh -c "$line"; ls /var/backups/chatd/chatd-2*.db`)
    },
  },
  'The drill': {
    after: async ({ server }, printed) => {
      must(/nothing was changed/.test(printed) && printed.match(/integrity: ok/g)?.length === 4, printed)
      await server.ok('systemctl is-active chatd')
    },
  },
  Restoring: {
    before: async ({ server }) => server.ok(say('dev', 'said after the backup')),
    after: async ({ server }) => {
      await listening(server)
      const exported = await server.ok('chatd export dev')
      must(exported.includes('"kept"') && !exported.includes('after the backup'), `it has ${exported}`)
    },
  },
  'Moving to another machine': {
    before: async places => {
      const { server, other } = places
      await sshBetween(places)
      await other.ok('apt-get -qq -y purge chatd')
      await packagesAtHand(other)
      await server.ok(
        `${say('dev', 'said before the move')} chatd user add bob; chatd fingerprint >/root/fingerprint`,
      )
    },
    after: async ({ server, other }, printed) => {
      must(/integrity: ok/.test(printed), printed)
      must((await server.run('systemctl is-active chatd')).code !== 0, 'the old machine still serves')
      await listening(other)
      const exported = await other.ok('chatd export dev')
      must(exported.includes('said before the move'), `the new machine has ${exported}`)
      must((await other.ok('chatd user list')).includes('bob'), 'the account did not move')
      must(
        (await other.ok('chatd fingerprint')) === (await server.ok('cat /root/fingerprint')),
        'the key is another one',
      )
      // The old machine is now that of a user, with the name leading to the new one.
      await server.ok(`sed -i 's/.* chat\\.example\\.org$/192.0.2.2 chat.example.org/' /etc/hosts
        echo 'on the new machine' | chat-tui --host chat.example.org --user alice --room dev`)
      must((await other.ok('chatd export dev')).includes('on the new machine'), 'the message is gone')
    },
  },
})
