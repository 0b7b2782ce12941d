import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CONFIG_KEYS } from '../../../src/server/config/config.ts'
import { parseConfig, readConfigFile } from '../../../src/server/config/configFile.ts'
import { defaultConfigFile } from '../../../src/server/config/showConfig.ts'
import { temporaryDirectory } from '../directory.ts'

/** The sentences about a text, in a file `c`. */
const wrong = (text: string): readonly string[] => {
  const parsed = parseConfig(text, 'c')
  return parsed.ok ? [] : parsed.error.split('\n')
}

describe('a file of configuration', () => {
  test('has the values of all kinds of keys', () => {
    const text = `
      listen = ["0.0.0.0:9011", "unix:/run/chatd/chat"]
      data = "/srv/chat"
      log-level = "warn"
      socket-mode = "660"
      name = ["Chat.Example.org", "bücher.example"]
      advertise = ["Chat1.Example.org", "10.0.0.1:7001", "[2001:db8::1]:7002"]
      allow-plaintext = ["10.0.0.0/8", "fd00::/8"]
      exit-when-idle = 1.5
      limits.page = 50
      [limits]
      connections-per-address = 7
    `.replace('      limits.page = 50\n', '')
    expect(parseConfig(text, 'c')).toEqual({
      ok: true,
      value: {
        listen: [{ host: '0.0.0.0', port: 9011 }, { path: '/run/chatd/chat' }],
        data: '/srv/chat',
        'log-level': 'warn',
        'socket-mode': 0o660,
        name: ['chat.example.org', 'xn--bcher-kva.example'],
        advertise: ['chat1.example.org:9011', '10.0.0.1:7001', '[2001:db8::1]:7002'],
        'allow-plaintext': [
          { network: '10.0.0.0', prefix: 8 },
          { network: 'fd00::', prefix: 8 },
        ],
        'exit-when-idle': 1.5,
        limits: { 'connections-per-address': 7 },
      },
    })
    expect(parseConfig('', 'c')).toEqual({ ok: true, value: {} })
  })

  test.each([
    ['listn = []', 'c, line 1: there is no key listn; did you mean listen?'],
    ['\n\nspeed = 3', 'c, line 3: there is no key speed; see chatd.conf(5)'],
    ['[limits]\n\n"people" = 3', 'c, line 3: there is no key limits.people; see chatd.conf(5)'],
    [
      'limits.rooms-of-gest = 3',
      'c, line 1: there is no key limits.rooms-of-gest; did you mean limits.rooms-of-guest?',
    ],
    ['[tls]\ncert = "x"', 'c, line 1: there is no key tls; see chatd.conf(5)'],
    ['listen = "0.0.0.0:1"', 'c, line 1: listen: It is a list, such as ["one", "two"]'],
    ['listen = []', 'c, line 1: listen: It is a list of at least one address'],
    [
      'listen = [\n  "0.0.0.0:1",\n  "x:y"\n]',
      'c, line 1: listen[2]: It is HOST:PORT, such as 0.0.0.0:9011 or [::1]:9011, or unix:/PATH with an absolute path',
    ],
    ['data = "chat"', 'c, line 1: data: It is an absolute path'],
    ['data = 3', 'c, line 1: data: It is an absolute path'],
    [
      'log-level = "loud"',
      'c, line 1: log-level: write one of silent, fatal, error, warn, info, debug, trace',
    ],
    ['socket-mode = 660', 'c, line 1: socket-mode: It is three octal digits, such as "660"'],
    ['limits = 3', 'c, line 1: limits: It is a table, with its keys below [limits]'],
    ['limits.sessions = 0', 'c, line 1: limits.sessions: It is a whole number from 1 to 999999999'],
    ['limits.sessions = 1.5', 'c, line 1: limits.sessions: It is a whole number from 1 to 999999999'],
    [
      'limits.message-bytes = 99999999',
      'c, line 1: limits.message-bytes: It is a whole number from 1024 to 16384',
    ],
    ['exit-when-idle = "soon"', 'c, line 1: exit-when-idle: It is a number of seconds, at most 86400'],
    [
      'proxy-from = ["10.0.0.0/40"]',
      'c, line 1: proxy-from[1]: It is no network; write an address, or one with its prefix such as 10.0.0.0/8',
    ],
    ['log-level = "info"\nlog-level = "warn"', /^c, line 2: no TOML: /],
    ['x = ', /^c, line 1: no TOML: /],
    ['\u0000', /^c, line 1: no TOML: /],
  ])('with %j says the line, the key, and what is allowed', (text, sentence) => {
    expect(wrong(text)).toEqual([sentence instanceof RegExp ? expect.stringMatching(sentence) : sentence])
  })

  test.each(['unix:/run/chat', '0.0.0.0:9011', '[::]:9011', 'chat:0', ':9011', 'a b:1', 'chat\\u001b:1', ''])(
    'advertises no %j',
    address => {
      expect(wrong(`advertise = ["chat:1", "${address}"]`)).toEqual([
        expect.stringMatching(
          /^c, line 1: advertise\[2\]: It is HOST:PORT by which clients reach this daemon/,
        ),
      ])
    },
  )

  test('tells all that is wrong at once', () => {
    expect(wrong('listn = 1\nlog-level = 3\n[limits]\nconnections = 0')).toHaveLength(3)
  })

  test('that is missing, a directory, or far too long is a sentence too', () => {
    const directory = temporaryDirectory()
    const read = (name: string) => readConfigFile(join(directory, name))
    expect(read('none')).toEqual({
      ok: false,
      error: expect.stringMatching(/none cannot be read \(ENOENT\)/),
    })
    mkdirSync(join(directory, 'folder'))
    expect(read('folder')).toEqual({
      ok: false,
      error: expect.stringMatching(/folder cannot be read \(EISDIR\)/),
    })
    writeFileSync(join(directory, 'long'), '#'.repeat(1024 * 1024 + 1))
    expect(read('long')).toEqual({ ok: false, error: expect.stringMatching(/at most 1048576/) })
  })

  test('of the package has every key, sets none, and is right when all of them are set', () => {
    const text = defaultConfigFile()
    expect(parseConfig(text, 'c')).toEqual({ ok: true, value: { limits: {} } })
    // This machine need not have the group.
    const all = text.replaceAll(/^#(?=[a-z])/gm, '').replace('"chatd-admin"', '"0"')
    const parsed = parseConfig(all, 'c')
    expect(parsed.ok ? '' : parsed.error).toBe('')
    for (const { name, path } of CONFIG_KEYS)
      expect([name, all]).toEqual([name, expect.stringMatching(new RegExp(`^${path.at(-1)} = `, 'm'))])
    expect(readFileSync('packaging/chatd.conf', 'utf8'), 'run: npm run docs').toBe(text)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })
})
