import { must, type Scenario, say } from '../scenario.ts'

export const scenario: Scenario = {
  title: 'talk by a plain client in bash, and by chat-tui as a filter',
  async run(machine) {
    const heard = await machine.ok(`
      exec 3<>/dev/tcp/127.0.0.1/9011
      printf '%s\\n' '{"action":"connect","username":"bob"}' '{"action":"joinroom","room":"dev"}' >&3
      sleep 0.5
      ${say('dev', 'build 512 is green')}
      timeout 2 cat <&3 || true`)
    must(heard.includes('build 512 is green'), `the plain client heard ${heard}`)
    must(
      (await machine.ok('chatd export dev')).includes('build 512 is green'),
      'the log does not have the message',
    )
    return undefined
  },
}

export const hosted: Scenario = {
  title: 'a user of a machine without a running service gets a server from chat-tui',
  async run(machine) {
    await machine.ok(`systemctl stop chatd; useradd --create-home carol
      cd /home/carol; as='setpriv --reuid=carol --regid=carol --init-groups env HOME=/home/carol'
      echo 'all alone' | CHAT_TUI_IDLE_SECONDS=30 $as chat-tui --user carol --room dev
      test -s /home/carol/.local/share/chat-tui/chatd/9011/chatd.db
      $as chatd export dev --data /home/carol/.local/share/chat-tui/chatd/9011 | grep -q 'all alone'`)
    return undefined
  },
}
