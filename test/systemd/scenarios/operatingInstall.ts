import { SERVER, walk } from '../document.ts'
import { eventually, listening, must, say } from '../scenario.ts'
import { installed, packagesAtHand } from '../standIns.ts'

const connectsTo = (port: number): string => `timeout 2 bash -c 'exec 3<>/dev/tcp/${SERVER}/${port}'`

export const installing = walk(
  'installing: the package, the net, the firewall, the sockets',
  {
    'The Debian package': {
      before: async ({ server }) => {
        await packagesAtHand(server)
        await server.ok('useradd --create-home alice')
      },
      after: async ({ server }) => {
        await listening(server)
        await server.ok('su -c "chatd invite --room dev" alice; systemctl is-enabled chatd-backup.timer')
      },
    },
    'For other machines': {
      before: async ({ other }) => {
        must((await other.run(connectsTo(9011))).code !== 0, 'it is open before the document says how')
        await installed(other)
        await other.ok('systemctl disable --now chatd')
      },
      after: async ({ server }, printed) => {
        must(printed.includes('everything in it is right'), `the file is not right: ${printed}`)
        must(/SHA256:|[0-9a-f]{8}/i.test(printed), `no fingerprint: ${printed}`)
        must(
          (await server.ok('chatd export dev')).includes('hello from here'),
          'the message of the laptop is gone',
        )
      },
    },
    'A firewall': {
      before: async ({ server, other }) => {
        await server.ok('systemctl start ssh; systemd-run --quiet ncat -lk 0.0.0.0 9100')
        await eventually(
          'the port that is to be shut was never open',
          async () => (await other.run(connectsTo(9100))).code === 0,
        )
      },
      after: async ({ other }) => {
        must((await other.run(connectsTo(9100))).code !== 0, 'the firewall lets port 9100 in')
        for (const port of [22, 9011])
          must((await other.run(connectsTo(port))).code === 0, `the firewall shuts port ${port}`)
      },
    },
    'Sockets of systemd': {
      after: async ({ server, other }) => {
        await server.ok(`systemctl is-active chatd chatd.socket; echo hello | chat-tui --host unix:/run/chatd/chat --room dev
        systemctl restart chatd`)
        await other.ok('echo "by the socket" | chat-tui --host chat.example.org --room dev')
        must((await server.ok('chatd export dev')).includes('by the socket'), 'the message is gone')
      },
    },
  },
  { isShort: true },
)

export const upgrading = walk('upgrading, and back', {
  Upgrading: {
    before: async ({ server }) => {
      await installed(server, 'previous.deb')
      await packagesAtHand(server)
      await server.ok(`${say('dev', 'said before')} echo '# mine' >>/etc/chatd/chatd.conf`)
    },
    after: async ({ server }, printed) => {
      must(/integrity: ok/.test(printed), printed)
      must((await server.ok('dpkg-query -W chatd')).includes('0.1.0-1'), 'it is not the newer package')
      await server.ok('grep -q "# mine" /etc/chatd/chatd.conf')
      await server.ok(say('dev', 'said after'))
    },
  },
  'Going back to an older version': {
    // The layout of a newer version, as the older one meets it.
    before: async ({ server }) =>
      server.ok(`systemctl stop chatd; /usr/lib/chatd/node -e "
        new (require('node:sqlite').DatabaseSync)('/var/lib/chatd/chatd.db').exec('ALTER TABLE rooms DROP COLUMN topic_seq; PRAGMA user_version = 10')"`),
    after: async ({ server }) => {
      await listening(server)
      must((await server.ok('dpkg-query -W chatd')).includes('0.0.1-1'), 'it is not the older package')
      const exported = await server.ok('chatd export dev')
      must(exported.includes('said before') && !exported.includes('said after'), `it has ${exported}`)
      await server.ok('ls /var/lib/chatd/chatd.db.before-restore-*')
    },
  },
})
