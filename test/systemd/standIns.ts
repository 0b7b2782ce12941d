import type { Places } from './document.ts'
import type { Machine } from './machine.ts'
import { eventually, listening } from './scenario.ts'

/** Where the document has its packages, and what it calls them. */
const PACKAGE = '/root/chatd_0.1.0-1_amd64.deb'
const OLDER = '/root/chatd_0.0.9-1_amd64.deb'

/** Brings the packages that the document names, and a mirror that has libatomic1; the administrator answers apt with yes. */
export async function packagesAtHand(machine: Machine): Promise<void> {
  await machine.ok(`cp /packages/chatd.deb ${PACKAGE}; cp /packages/previous.deb ${OLDER}
    mkdir /srv/mirror; cp /packages/libatomic1.deb /srv/mirror; cd /srv/mirror
    { dpkg-deb --field libatomic1.deb; echo 'Filename: ./libatomic1.deb'
      echo "Size: $(stat -c %s libatomic1.deb)"; echo "SHA256: $(sha256sum libatomic1.deb | cut -d' ' -f1)"; } >Packages
    echo 'deb [trusted=yes] file:/srv/mirror ./' >/etc/apt/sources.list
    echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/yes
    apt-get -qq update`)
}

/** Installs chatd, where the document begins with an installed one. */
export async function installed(machine: Machine, file = 'chatd.deb'): Promise<void> {
  await machine.ok(`dpkg --install /packages/libatomic1.deb /packages/${file}`)
  await listening(machine)
}

/** The server serves other machines, as the document says under "For other machines"; the other machine has the client. */
export async function open({ server, other }: Places): Promise<void> {
  await installed(server)
  await installed(other)
  await other.ok('systemctl disable --now chatd')
  await server.ok(`sed -i -e 's/^#listen = .*/listen = ["0.0.0.0:9011"]/' -e 's/^#name = .*/name = ["chat.example.org"]/' /etc/chatd/chatd.conf
    systemctl restart chatd`)
}

/** Each machine lets root of the other one in by ssh. */
export async function sshBetween({ server, other }: Places): Promise<void> {
  const machines = [server, other]
  const keys = await Promise.all(
    machines.map(machine =>
      machine.ok(`systemctl start ssh; mkdir -p -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
        cat /root/.ssh/id_ed25519.pub`),
    ),
  )
  for (const machine of machines) {
    await machine.write('/root/.ssh/authorized_keys', keys.join(''))
    await machine.ok(
      'ssh-keyscan -t ed25519 chat.example.org new.example.org >/root/.ssh/known_hosts 2>/dev/null',
    )
  }
}

/** An authority that both machines trust, and a certbot on the server that has its certificates. */
export async function authority({ server, other }: Places): Promise<void> {
  const ca = await server.ok(`mkdir -m 700 /root/authority; cd /root/authority
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/CN=An authority' \\
      -keyout ca.key -out ca.pem 2>/dev/null
    install -m 755 /inside/certbot.sh /usr/local/bin/certbot
    cat ca.pem`)
  for (const machine of [server, other]) {
    await machine.write('/usr/local/share/ca-certificates/authority.crt', ca)
    await machine.ok('update-ca-certificates >/dev/null 2>&1')
  }
}

/** https://git.example.org, with the SSH key of dave. */
export async function gitServer({ server }: Places): Promise<void> {
  await server.ok(`cd /root/authority; ssh-keygen -q -t ed25519 -N '' -f dave
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=git.example.org' \\
      -keyout git.key -out git.csr 2>/dev/null
    printf 'subjectAltName=DNS:git.example.org\\n' >git.ext
    openssl x509 -req -in git.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 10 -extfile git.ext -out git.pem 2>/dev/null
    echo '127.0.0.1 git.example.org' >>/etc/hosts
    systemd-run --quiet --unit=git /usr/lib/chatd/node /inside/keys.ts $PWD/git.pem $PWD/git.key $PWD/dave.pub`)
  await eventually(
    'git.example.org does not answer',
    async () => (await server.run('curl -fsS https://git.example.org/dave.keys')).code === 0,
  )
}

/** People in the room dev of a server that has just started: bob, and carl, who is c412. Resolves with the error that carl saw. */
export async function people({ server }: Places): Promise<string> {
  await server.ok(`systemctl restart chatd
    systemd-run --quiet --collect --unit=people --property=StandardOutput=file:/tmp/people /usr/lib/chatd/node /inside/people.ts bob carl`)
  await eventually(
    'the people did not come in',
    async () => (await server.run('test -s /tmp/people')).code === 0,
  )
  return (await server.ok('cat /tmp/people')).trim()
}
