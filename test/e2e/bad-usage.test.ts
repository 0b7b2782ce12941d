import { describe, expect, test } from 'vitest'
import { Pipe } from './programs.ts'

describe('wrong usage is one line that says what to do, exit code 2, no stack trace', () => {
  test.each([
    ['an unknown flag', ['--speed'], /unknown option '--speed'/],
    ['a flag almost right', ['--rom', 'dev'], /Did you mean --room\?/],
    ['an argument', ['bob'], /there is no argument "bob"/],
    ['a port that is no number', ['--port', 'http'], /--port http: .*1 to 65535/],
    ['a port too large', ['--port', '65536'], /1 to 65535/],
    ['port 0', ['--port', '0'], /1 to 65535/],
    ['a port that is none in the host', ['--host', 'a,example.org:0'], /a number from 1 to 65535/],
    ['a path without a socket', ['--host', 'unix:run/x'], /the whole path of the socket/],
    ['an empty host', ['--host', ''], /give a name or an address/],
    ['a URL', ['--host', 'https://example.org'], /give a name or an address/],
    ['a name with a blank', ['--user', 'alice smith'], /--user alice smith: a name is 1 to 32 of/],
    ['a name too long', ['--user', 'x'.repeat(33)], /a name is 1 to 32 of/],
    ['the name of the server', ['--user', 'ChatD'], /"ChatD" reads like the server/],
    ['a room that is none', ['--room', 'a b'], /a room is 1 to 64 letters/],
    ['nothing but the mark of a room', ['--room', '#'], /a room is 1 to 64 letters/],
    ['a flag without its value', ['--room'], /--room needs a name/],
  ])('%s', async (_, args, sentence) => {
    const program = new Pipe(args)
    expect(await program.end()).toBe(2)
    expect(program.err).toMatch(sentence)
    expect(program.err).toMatch(/^chat-tui: .*; see chat-tui --help\n$/)
    expect(program.out).toBe('')
  })
})

describe('what is asked for is printed', () => {
  test('--help tells every flag, what line mode does and what exit codes mean', async () => {
    const program = new Pipe(['--help'])
    expect(await program.end()).toBe(0)
    for (const word of [
      '--host',
      '--port',
      '9011',
      '--user',
      '--room',
      '--version',
      'Exit codes',
      'CHAT_TUI_IDLE_SECONDS',
      'echo "build',
    ]) {
      expect(program.out).toContain(word)
    }
    expect(program.err).toBe('')
  })

  test.each(['--version', '-V'])('%s', async flag => {
    const program = new Pipe([flag])
    expect(await program.end()).toBe(0)
    expect(program.out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
