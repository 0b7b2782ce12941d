import { walk } from '../document.ts'
import { eventually, listening, must } from '../scenario.ts'
import { authority, gitServer, open, people } from '../standIns.ts'

/** A client that talks faster than the limits until the log says so. */
const FLOOD = `{ echo '{"action":"connect","username":"flood"}'; echo '{"action":"joinroom","room":"dev"}'
  for n in $(seq 60); do echo '{"action":"chat","room":"dev","message":"'$n'"}'; done; sleep 2; } | ncat 127.0.0.1 9011 >/dev/null`

export const running = walk('configuration, rooms, accounts, size, Prometheus', {
  Configuration: {
    before: async places => {
      await open(places)
      // A machine where chatd is no service.
      await places.server.ok('systemctl stop chatd')
    },
    meanwhile: async ({ server }) => {
      await listening(server)
      await server.ok('echo hello | chat-tui --host 127.0.0.1 --room dev')
    },
    after: async (_, printed) => must(printed.includes('everything in it is right'), printed),
  },
  'Changes while chatd runs': {
    before: async ({ server }) =>
      server.ok(
        'systemctl start chatd; chatd policy open; sed -i "1i log-level = \\"debug\\"" /etc/chatd/chatd.conf',
      ),
    after: async (_, printed) =>
      must(printed.includes('log-level'), `the answer does not name the key: ${printed}`),
  },
  'A running daemon and its rooms': {
    before: async places => {
      await people(places)
      await places.server.ok('echo hello | chat-tui --host 127.0.0.1 --user bob2 --room old-project')
    },
    after: async ({ server }, printed) => {
      for (const wanted of ['bob', 'c412', 'old-project'])
        must(printed.includes(wanted), `no ${wanted} in: ${printed}`)
      must(!(await server.ok('chatd who')).includes('c412'), 'c412 was not kicked')
      must((await server.ok('chatd room list')).includes('release on Friday'), 'the room has no topic')
      must(!(await server.ok('chatd room list')).includes('old-project'), 'the room is still there')
    },
  },
  Accounts: {
    before: async places => {
      await authority(places)
      await gitServer(places)
      await places.server.ok("systemctl restart chatd; ssh-keygen -q -t ed25519 -N '' -f /root/bob")
    },
    after: async ({ server }, printed) => {
      must(/chat\.example\.org/.test(printed), `the invitation has no address: ${printed}`)
      const list = await server.ok('chatd user list')
      for (const name of ['bob', 'dave', 'carol', 'ci'])
        must(list.includes(name), `no account of ${name}: ${list}`)
    },
  },
  'How big a machine': {
    after: async ({ server }, printed) => {
      must(/sync: [\d.]+ ms/.test(printed) && /connections .*100000/.test(printed), printed)
      must((await server.property('chatd', 'LimitNOFILE')) === '200000', 'the unit has another bound')
      await listening(server)
    },
  },
  Prometheus: {
    after: async ({ server }, printed) => {
      must(/chatd_connections\{kind="full"\}/.test(printed) && /SUCCESS/.test(printed), printed)
      const query = `curl -fsS 'http://127.0.0.1:9090/api/v1/query?query=up' | jq -r '.data.result[].value[1]'`
      await eventually(
        'Prometheus does not scrape chatd',
        async () => (await server.run(query)).out.trim() === '1',
        90,
      )
    },
  },
  '"It is slow"': {
    before: async ({ server }) => server.ok(FLOOD),
    after: async (_, printed) =>
      must(
        /sync:/.test(printed) &&
          /event_loop_delay_seconds_bucket/.test(printed) &&
          /slowed_down/.test(printed),
        printed,
      ),
  },
  Disk: {
    after: async (_, printed) => must(/chatd\.db/.test(printed) && /integrity: ok/.test(printed), printed),
  },
  'Alert ChatdDown': {
    after: async (_, printed) =>
      must(/ActiveState=active/.test(printed) && /listening/.test(printed), printed),
  },
  'Alert ChatdCannotStore': {},
  'Alert ChatdDiskFillsUp': {
    before: async ({ server }) => server.ok('chatd backup'),
    after: async (_, printed) =>
      must(/chatd_log_bytes/.test(printed) && /chatd_disk_free_bytes/.test(printed), printed),
  },
  'Alert ChatdCommitsAreSlow': {},
  'Alert ChatdLoopIsLate': {},
  'Alert ChatdRefusesConnections': {
    before: async ({ other }) =>
      other.ok(`echo '{"action":"connect","username":"old"}' | ncat chat.example.org 9011`),
    after: async (_, printed) => must(/^ *\d+ tls_required 192\.0\.2\.2$/m.test(printed), printed),
  },
  'Alert ChatdFails': {},
  'Alert ChatdBackupIsOld': {
    after: async ({ server }, printed) => {
      must(/chatd-backup\.service/.test(printed), printed)
      await server.ok('ls /var/lib/chatd/backups/*.db')
    },
  },
  'Alert ChatdConfigIsBroken': {},
})
