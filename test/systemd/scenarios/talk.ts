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
