import { walk } from '../document.ts'
import type { Machine } from '../machine.ts'
import { eventually, listening, must } from '../scenario.ts'
import { authority, open, people, sshBetween } from '../standIns.ts'

/** A message through what is between the laptop and chatd; the log has the address of the laptop. */
async function throughProxy(server: Machine, other: Machine, text: string): Promise<void> {
  await eventually(
    'the proxy does not let the laptop in',
    async () =>
      (await other.run(`echo '${text}' | chat-tui --host chat.example.org --user laptop --room dev`)).code ===
      0,
  )
  must((await server.ok('chatd export dev')).includes(text), 'the message is gone')
  const { out } = await server.run(`journalctl -u chatd -o cat | grep '"event":"connect"' | tail -n 1`)
  must(out.includes('"address":"192.0.2.2"'), `chatd takes the proxy for the client: ${out}`)
}

export const network = walk('certificates, unix sockets, proxies', {
  'The certificate that chatd makes': {
    before: async places => {
      await open(places)
      await sshBetween(places)
    },
    after: async ({ server }, printed) => {
      // A plain client that connects is told nothing; both came in.
      must(!/error|verif/i.test(printed), printed)
      const { out } = await server.run(
        `journalctl -u chatd -o cat | grep -c '"event":"connect".*"client":"plain"'`,
      )
      must(Number(out) === 2, `${out.trim()} of 2 programs came in`)
    },
  },
  certbot: {
    before: authority,
    after: async ({ server, other }, printed) => {
      must(
        /issuer=CN = An authority/.test(printed),
        `the renewed certificate does not reach clients: ${printed}`,
      )
      const serial = 'openssl x509 -noout -serial'
      const served = await other.ok(
        `openssl s_client -connect chat.example.org:9011 -verify_return_error </dev/null 2>/dev/null | ${serial}`,
      )
      must(
        served === (await server.ok(`${serial} -in /etc/letsencrypt/live/chat.example.org/cert.pem`)),
        'it serves an old one',
      )
      await other.ok('echo "known by the authority" | chat-tui --host chat.example.org --room dev')
      must(
        (await server.ok('stat -c "%U %a" /etc/chatd/chat.pem')) === 'chatd 600\n',
        'others can read the key',
      )
    },
  },
  Certificate: {
    before: async ({ server }) => server.ok('DAYS=10 certbot renew --force-renewal; systemctl restart chatd'),
    after: async (_, printed) => {
      must(/^certificate .*\n/m.test(printed), `the status has no certificate: ${printed}`)
      must(/"event":"tls_expiry".*"days":/.test(printed), `the log does not warn: ${printed}`)
      must(/notAfter=/.test(printed), printed)
    },
  },
  'Unix sockets': {
    before: async ({ server }) => server.ok('systemctl stop chatd'),
    meanwhile: async ({ server }) => {
      await eventually(
        'it does not listen',
        async () => (await server.run('test -S /run/chatd/chat')).code === 0,
      )
      await server.ok(
        'echo hello | chat-tui --host unix:/run/chatd/chat --room dev; stat -c %a /run/chatd/chat | grep 660',
      )
    },
  },
  'From another machine, by ssh': {
    before: async ({ server }) => server.ok('systemctl start chatd.socket chatd'),
    meanwhile: async ({ server, other }) => {
      await listening(other)
      await other.ok('echo "by ssh" | chat-tui --host 127.0.0.1 --room dev')
      must((await server.ok('chatd export dev')).includes('by ssh'), 'the message is gone')
    },
  },
  'Behind a proxy': {
    before: async ({ server }) => server.ok('systemctl stop chatd.socket chatd'),
    after: async ({ server }) =>
      must((await server.ok('ss -ltn')).includes('127.0.0.1:9012'), 'chatd does not listen for the proxy'),
  },
  HAProxy: {
    after: async ({ server, other }) => {
      await throughProxy(server, other, 'through HAProxy')
      const plain = await other.run(
        `echo '{"action":"connect","username":"plain"}' | timeout 10 ncat chat.example.org 9011`,
      )
      must(plain.out === '', `plain text came through: ${plain.out}`)
      const { out } = await server.run('chatd who --json --name plain')
      must(out === '', `plain text came in: ${out}`)
    },
  },
  stunnel: {
    // On a machine of its own it would find the port free.
    before: async ({ server }) => server.ok('systemctl disable --now haproxy'),
    after: async ({ server, other }) => throughProxy(server, other, 'through stunnel'),
  },
})

export const complaints = walk('a user complains', {
  '"My message failed"': {
    before: async places => {
      await open(places)
      const seen = await people(places)
      must(/\(c412-7\)$/.test(seen), `the user saw another reference: ${seen}`)
    },
  },
  Logs: {
    after: async (_, printed) => {
      must(/"ref":"c412-7"/.test(printed) && /"event":"connect","connection":"c412"/.test(printed), printed)
    },
  },
  '"I cannot get in"': {
    before: async ({ other }) =>
      other.ok(
        `echo '{"action":"connect","username":"old"}' | ncat chat.example.org 9011 | grep tls_required`,
      ),
    after: async (_, printed) => {
      must(
        /"reason":"tls_required".*"address":"192\.0\.2\.2"|"address":"192\.0\.2\.2".*"reason":"tls_required"/.test(
          printed,
        ),
        printed,
      )
      must(/CONNECTED/.test(printed), `openssl says ${printed}`)
    },
  },
})
