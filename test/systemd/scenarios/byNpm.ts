import { readFileSync } from 'node:fs'
import { listening, must, type Scenario, say } from '../scenario.ts'

const DOCUMENT = new URL('../../../docs/operating.md', import.meta.url)

/** The lines of docs/operating.md that make a service of an installation by npm, as they stand there. */
function documented(): string {
  const block = [...readFileSync(DOCUMENT, 'utf8').matchAll(/(?:^ {4}.*\n)+/gm)]
    .map(([text]) => text.replaceAll(/^ {4}/gm, ''))
    .find(text => text.includes('npm install --global'))
  must(block !== undefined, 'docs/operating.md has no lines for npm')
  return block
}

/** Stands in for npm, which needs a network: puts the files where it puts them. */
const NPM = `#!/bin/sh
modules=/usr/local/lib/node_modules
case "$*" in
'root --global') echo $modules ;;
'install --global chat-tui')
  mkdir -p $modules/chat-tui
  cp -r /checkout/bin /checkout/dist /checkout/packaging /checkout/package.json $modules/chat-tui
  chmod 755 $modules/chat-tui/bin/*.cjs
  for program in chatd chat-tui; do ln -sf $modules/chat-tui/bin/$program.cjs /usr/local/bin/$program; done ;;
esac
`

export const scenario: Scenario = {
  title: 'the service of an installation by npm, by the lines of docs/operating.md',
  begins: 'bare',
  async run(machine) {
    await machine.ok(`dpkg --install /packages/libatomic1.deb; cp /node/node /usr/local/bin
cat >/usr/local/bin/npm <<'END'
${NPM}END
chmod 755 /usr/local/bin/npm`)
    await machine.ok(documented())
    await listening(machine)
    await machine.ok(`${say('dev', 'by npm')} systemctl start chatd-backup; ls /var/lib/chatd/backups/*.db`)
    must((await machine.ok('chatd export dev')).includes('by npm'), 'the message is gone')
    // Again, as an upgrade.
    await machine.ok(`${documented()}systemctl restart chatd`)
    await listening(machine)
    return undefined
  },
}
