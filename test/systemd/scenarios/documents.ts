import { must, type Scenario } from '../scenario.ts'

export const scenario: Scenario = {
  title: 'manual pages and completions are there',
  async run(machine) {
    const pages = await machine.ok(`
      zcat /usr/share/man/man8/chatd.8.gz | grep -c 'fingerprint'
      zcat /usr/share/man/man5/chatd.conf.5.gz | grep -c 'listen'
      zcat /usr/share/man/man1/chat-tui.1.gz | grep -c 'join'
      zcat /usr/share/doc/chatd/operating.md.gz | grep -c 'chatd backup'`)
    must(
      pages
        .trim()
        .split('\n')
        .every(count => Number(count) > 0),
      `a page is empty: ${pages}`,
    )
    const offered = await machine.ok(`
      source /usr/share/bash-completion/completions/chatd
      COMP_WORDS=(chatd user '') COMP_CWORD=2
      _chatd
      echo "\${COMPREPLY[@]}"
      test -s /usr/share/zsh/vendor-completions/_chatd
      test -s /usr/share/fish/vendor_completions.d/chatd.fish`)
    must(offered.includes('add list passwd'), `bash offers ${offered}`)
    const versions = await machine.ok(
      'chatd --version; chat-tui --version; dpkg --status chatd | sed -n "s/^Version: //p"',
    )
    const [daemon, client, debian] = versions.trim().split('\n')
    must(daemon === client && debian === `${daemon?.replace('-', '~')}-1`, `the versions differ: ${versions}`)
    return undefined
  },
}
