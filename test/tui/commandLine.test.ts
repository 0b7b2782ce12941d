import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCommandLine } from '../../src/tui/commandLine.ts'

function options(...argv: string[]): unknown {
  const parsed = parseCommandLine(argv)
  return parsed.kind === 'run' ? parsed.options : parsed
}

describe('what is asked for', () => {
  test('nothing: the daemon of this machine on the default port, a name and rooms to be found', () => {
    expect(options()).toEqual({ addresses: [], port: 9011, user: undefined, rooms: [] })
  })

  test('how the server is trusted', () => {
    const key = `SHA256:${'a'.repeat(43)}`
    expect(options('--host', 'h', '--fingerprint', 'a'.repeat(43))).toMatchObject({ fingerprint: key })
    expect(options('--host', 'h', '--ca', 'team.pem')).toMatchObject({ ca: 'team.pem' })
    expect(options('--host', 'h', '--plaintext')).toMatchObject({ plaintext: true })
    expect(options('--host', 'unix:/run/chatd/chat')).toMatchObject({
      addresses: [{ host: 'unix:/run/chatd/chat', isExact: true }],
    })
  })

  test('everything, in any order', () => {
    expect(
      options('--room', 'dev', '--port=7000', '--user', 'Bob', '--room', 'ops', '--host', 'chat.example.org'),
    ).toEqual({
      addresses: [{ host: 'chat.example.org', port: 7000, isExact: true }],
      ...{ port: 7000, user: 'Bob', rooms: ['dev', 'ops'] },
    })
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
    expect(options('--host', given)).toMatchObject({ addresses: [{ host, port: 9011, isExact: false }] })
  })

  test('several addresses of one server, each with its port or that of --port', () => {
    const hosts = 'a,b:7001, [::1]:7002,[::2],10.0.0.1'
    expect(options('--host', hosts)).toMatchObject({
      addresses: [
        { host: 'a', port: 9011, isExact: false },
        { host: 'b', port: 7001, isExact: true },
        { host: '::1', port: 7002, isExact: true },
        { host: '::2', port: 9011, isExact: false },
        { host: '10.0.0.1', port: 9011, isExact: false },
      ],
    })
    expect(options('--port', '7000', '--host', 'a,b:7001')).toMatchObject({
      addresses: [
        { host: 'a', port: 7000, isExact: true },
        { host: 'b', port: 7001, isExact: true },
      ],
    })
    expect(options('--host', 'unix:/run/a,b')).toMatchObject({ addresses: [{ host: 'unix:/run/a,b' }] })
  })

  test.each([
    ['a,,b', 'give a name or an address'],
    ['a,', 'give a name or an address'],
    ['a:0', 'give a number from 1 to 65535'],
    ['a:99999', 'give a number from 1 to 65535'],
    ['a,unix:b', 'give the whole path'],
    ['[::1', 'give a name or an address'],
    [Array.from({ length: 17 }, (_, n) => `h${n}`).join(','), 'give at most 16 addresses'],
  ])('--host %s is wrong', (given, message) => {
    expect(options('--host', given)).toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining(message),
    })
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
