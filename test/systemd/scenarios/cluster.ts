import { walk } from '../document.ts'
import { eventually, listening, must } from '../scenario.ts'
import { installed } from '../standIns.ts'

/** The second and the third broker, each as the document sets up the first one, with paths and a port of monitoring of its own. */
const OTHER_BROKERS = [2, 3]
  .map(
    n => `
  cp -a /etc/chatd-broker /etc/chatd-broker${n}
  cd /etc/chatd-broker${n}
  sed -i -e 's/^server_name: .*/server_name: n${n}/' -e 's/^address: .*/address: "10.0.0.${n}"/' -e 's/:8222/:823${n}/' \\
    -e 's,/etc/chatd-broker/,/etc/chatd-broker${n}/,' -e 's,/var/lib/chatd-broker,&${n},' nats.conf
  install -m 644 /root/brokers/n${n}.pem broker.pem
  install -m 640 -g chatd-broker /root/brokers/n${n}.key broker.key
  sed -e 's,/etc/chatd-broker/,/etc/chatd-broker${n}/,' -e 's/^StateDirectory=chatd-broker/&${n}/' \\
    /etc/systemd/system/chatd-broker.service >/etc/systemd/system/chatd-broker${n}.service
  systemctl daemon-reload
  systemctl start chatd-broker${n}`,
  )
  .join('\n')

/** The daemon goes by a log of its own, and by the shared one. */
const KEYS = '(log|log-credentials|log-ca)'
const ALONE = `sed -i -E 's/^${KEYS} = /#&/' /etc/chatd/chatd.conf`
const TOGETHER = `sed -i -E 's/^#${KEYS} = /\\1 = /' /etc/chatd/chatd.conf`
const REMOVE = 'chatd cluster remove --yes --log-credentials /root/brokers/operator.login'

export const cluster = walk(
  'three brokers and a daemon',
  {
    'Certificates and passwords': {
      before: async ({ server }) => {
        await installed(server)
        await server.ok(`install -m 755 /nats/nats-server /usr/local/bin/
          for n in 1 2 3; do ip address add 10.0.0.$n/32 dev lo; done`)
      },
    },
    'Each broker': {
      after: async ({ server }) => {
        await server.ok(OTHER_BROKERS)
        try {
          await eventually(
            'the brokers are not well',
            async () => (await server.run('curl -fsS http://127.0.0.1:8222/healthz')).code === 0,
            60,
          )
        } catch (error) {
          throw new Error(
            `${String(error)}\n${await server.ok("journalctl -o cat -u 'chatd-broker*' | tail -n 30")}`,
          )
        }
      },
    },
    'Each daemon': {},
    'The log': {
      after: async ({ server }) => {
        await listening(server)
        await server.ok('echo hello | chat-tui --host 127.0.0.1 --user ci --room dev')
        must((await server.ok('chatd export dev')).includes('hello'), 'the message is not in the log')
      },
    },
    'Is all of it right': {
      after: async ({ server }) => {
        const report = await server.ok('systemd-analyze security --no-pager chatd-broker.service || true')
        const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1])
        must(score <= 1.1, `the exposure of chatd-broker is ${score}`)
        // Lame duck: what the first broker leads is handed over, and senders hardly wait.
        await server.ok(`systemctl stop chatd-broker
          test "$(systemctl show --value --property=Result chatd-broker)" = success
          echo "after n1" | timeout 10 chat-tui --host 127.0.0.1 --user ci --room dev`)
        const status = await server.run('chatd cluster status')
        must(status.code === 1 && /broker n1: lacks/.test(status.out), `status: ${status.out}`)
        await server.ok('systemctl start chatd-broker')
        const isWhole = async (): Promise<boolean> => (await server.run('chatd cluster status')).code === 0
        await eventually('the first broker does not come back', isWhole, 60)
        // A daemon may do all that it does.
        await server.ok('chatd cluster base; chatd cluster status | grep "^base: everything"')
        const denied = await server.run('journalctl -o cat -u chatd | grep "refuse this user"')
        must(denied.code === 1, `the brokers refuse the daemon something: ${denied.out}`)
      },
    },
    'Move a server there and back': {
      before: async ({ server }) => {
        await server.ok(`systemctl stop chatd
          ${REMOVE}; rm /var/lib/chatd/chatd.db*
          ${ALONE}; systemctl start chatd`)
        await listening(server)
        await server.ok(`echo "before the move" | chat-tui --host 127.0.0.1 --user ci --room dev
          ${TOGETHER}`)
      },
      after: async ({ server }) => {
        await server.ok(`${ALONE}; systemctl start chatd`)
        await listening(server)
        must((await server.ok('chatd export dev')).includes('before the move'), 'it did not come back')
      },
    },
    Backups: {
      before: async ({ server }) =>
        server.ok(`chatd backup /root/backup.db; systemctl stop chatd; ${TOGETHER}; ${REMOVE}`),
      after: async ({ server }) => {
        must(/base: everything/.test(await server.ok('chatd cluster status')), 'the new log has no base')
        await server.ok(`${ALONE}; systemctl start chatd`)
        await listening(server)
        must((await server.ok('chatd export dev')).includes('before the move'), 'the backup is not there')
      },
    },
    'Where clients go': { after: async ({ server }) => void (await listening(server)) },
  },
  {
    document: 'cluster.md',
    missing: async machine =>
      (await machine.run('test -x /nats/nats-server')).code === 0
        ? undefined
        : 'there is no nats-server here; scripts/getNats.sh gets one',
  },
)
