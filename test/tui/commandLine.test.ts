import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCommandLine } from '../../src/tui/commandLine.ts'

function options(...argv: string[]): unknown {
  const parsed = parseCommandLine(argv)
  return parsed.kind === 'run' ? parsed.options : parsed
}

describe('what is asked for', () => {
  test('nothing: the daemon of this machine on the default port, a name and rooms to be found', () => {
    expect(options()).toEqual({ host: undefined, port: 9011, user: undefined, rooms: [] })
  })

  test('how the server is trusted', () => {
    const key = `SHA256:${'a'.repeat(43)}`
    expect(options('--host', 'h', '--fingerprint', 'a'.repeat(43))).toMatchObject({ fingerprint: key })
    expect(options('--host', 'h', '--ca', 'team.pem')).toMatchObject({ ca: 'team.pem' })
    expect(options('--host', 'h', '--plaintext')).toMatchObject({ plaintext: true })
    expect(options('--host', 'unix:/run/chatd/chat')).toMatchObject({ host: 'unix:/run/chatd/chat' })
  })

  test('everything, in any order', () => {
    expect(
      options('--room', 'dev', '--port=7000', '--user', 'Bob', '--room', 'ops', '--host', 'chat.example.org'),
    ).toEqual({ host: 'chat.example.org', port: 7000, user: 'Bob', rooms: ['dev', 'ops'] })
  })

  test.each([
    ['#dev', 'dev'],
    ['@alice', '@alice'],
    ['日本', '日本'],
  ])('--room %s is %s', (given, room) => {
    expect(options('--room', given)).toMatchObject({ rooms: [room] })
  })

  test('a room that is given twice is one', () => {
    expect(options('--room', 'dev', '--room', '#dev')).toMatchObject({ rooms: ['dev'] })
  })

  test.each([
    ['[::1]', '::1'],
    ['::1', '::1'],
    [' 10.0.0.1 ', '10.0.0.1'],
  ])('--host %s is %s', (given, host) => {
    expect(options('--host', given)).toMatchObject({ host })
  })
})

test('any command line has one of three results, and an error is one line', () => {
  const word = fc.oneof(
    fc.constantFrom('--host', '--port', '--user', '--room', '--help', '-V', '--', '-', '--no-room', '=', '#'),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), argv => {
      const parsed = parseCommandLine(argv)
      expect(['run', 'print', 'wrong']).toContain(parsed.kind)
      if (parsed.kind === 'wrong') expect(parsed.message).not.toContain('\n')
    }),
  )
})
