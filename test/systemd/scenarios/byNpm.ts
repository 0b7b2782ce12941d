import { walk } from '../document.ts'
import { listening, must, say } from '../scenario.ts'

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

export const scenario = walk(
  'an installation by npm',
  {
    'By npm': {
      // An upgrade is the same lines again.
      times: 2,
      before: async ({ server }) => {
        await server.write('/usr/local/bin/npm', NPM)
        await server.ok(
          `dpkg --install /packages/libatomic1.deb; cp /node/node /usr/local/bin; chmod 755 /usr/local/bin/npm`,
        )
      },
      after: async ({ server }) => {
        await listening(server)
        await server.ok(
          `${say('dev', 'by npm')} systemctl start chatd-backup; ls /var/lib/chatd/backups/*.db`,
        )
        must((await server.ok('chatd export dev')).includes('by npm'), 'the message is gone')
      },
    },
  },
  { begins: 'bare' },
)
