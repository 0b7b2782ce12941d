import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { brokersOf } from '../../../src/server/config/brokersOf.ts'
import type { Config } from '../../../src/server/config/config.ts'
import { Configuration, readSources } from '../../../src/server/config/configuration.ts'
import { shownKeys } from '../../../src/server/config/showConfig.ts'
import { configOfEnvironment, unknownVariables } from '../../../src/server/config/sources.ts'
import { DEFAULT_SETTINGS } from '../../../src/server/settings.ts'
import { temporaryDirectory } from '../directory.ts'

/** A configuration of a file, which the test can write again. */
function configured(text: string, environment: NodeJS.ProcessEnv = {}, flags: Config = {}) {
  const file = join(temporaryDirectory(), 'chatd.conf')
  const write = (next: string): void => writeFileSync(file, next)
  write(text)
  const options = { file, environment, flags, isLifted: false, fitting: 5_000 }
  return { file, write, options, loaded: Configuration.load(options) }
}

function loadedOf(...args: Parameters<typeof configured>) {
  const { loaded, ...rest } = configured(...args)
  if (!loaded.ok) throw new Error(loaded.error)
  return { ...rest, configuration: loaded.value }
}

describe('the brokers of a configuration', () => {
  test('come with what is needed to sign in there; the key is in the file of the certificate', () => {
    const { configuration } = loadedOf(
      'log = "tls://a,b/team"\nlog-credentials = "/l"\nlog-ca = "/ca"\nlog-cert = "/c"\n',
    )
    expect(brokersOf(configuration.config)).toEqual({
      ok: true,
      value: {
        servers: ['a:4222', 'b:4222'],
        stream: 'team',
        isEncrypted: true,
        access: { ca: '/ca', certificate: '/c', key: '/c', credentials: '/l' },
      },
    })
    expect(brokersOf({})).toEqual({ ok: true, value: undefined })
  })

  test.each([
    ['log-ca = "/ca"', 'log-ca needs log, the brokers that it is for'],
    [
      'log = "nats://a"\nlog-ca = "/ca"',
      'log-ca is for brokers with TLS: write tls:// in the place of nats:// in log',
    ],
    ['log = "tls://a"\nlog-key = "/k"', 'log-key needs log-cert, the file of its certificate'],
  ])('%j is refused', (text, error) => {
    expect(configured(text).loaded).toEqual({ ok: false, error })
  })

  test('a password in log is refused, and not shown', () => {
    const { loaded } = configured('log = "tls://chatd:secret@a"')
    expect(loaded).toMatchObject({ ok: false, error: expect.stringContaining('see log-credentials') })
    expect(JSON.stringify(loaded)).not.toContain('secret')
  })
})

describe('the sources of the configuration', () => {
  test('flags win over the environment, that over the file, and that over the defaults; limits one by one', () => {
    const { configuration } = loadedOf(
      'log-level = "warn"\nname = ["a.example"]\n[limits]\nrooms-of-guest = 1\nsessions = 1\npage = 10\n',
      { CHATD_LOG_LEVEL: 'error', CHATD_LIMIT_SESSIONS: '2', CHATD_LIMIT_PAGE: '20' },
      { limits: { page: 30 } },
    )
    expect(configuration.config).toMatchObject({ 'log-level': 'error', name: ['a.example'] })
    expect(configuration.settings).toMatchObject({ roomsOfGuest: 1, sessions: 2, limits: { page: 30 } })
    expect(configuration.settings.messageBurst).toBe(DEFAULT_SETTINGS.messageBurst)
    // No more than the process can have open.
    expect(configuration.settings.connections).toBe(5_000)
  })

  test.each([
    [
      'CHATD_LISTEN',
      '0.0.0.0:1, [::]:2',
      {
        listen: [
          { host: '0.0.0.0', port: 1 },
          { host: '::', port: 2 },
        ],
      },
    ],
    ['CHATD_ALLOW_PLAINTEXT', 'true', { 'allow-plaintext': true }],
    ['CHATD_ALLOW_PLAINTEXT', '10.0.0.0/8', { 'allow-plaintext': [{ network: '10.0.0.0', prefix: 8 }] }],
    ['CHATD_EXIT_WHEN_IDLE', '5', { 'exit-when-idle': 5 }],
    ['CHATD_LIMIT_CONNECTIONS_PER_ADDRESS', '5', { limits: { 'connections-per-address': 5 } }],
    ['CHATD_SOCKET_MODE', '660', { 'socket-mode': 0o660 }],
  ])('%s=%s', (variable, text, config) => {
    expect(configOfEnvironment({ [variable]: text })).toEqual({ ok: true, value: config })
  })

  test('an error names the variable; one that is no key is told', () => {
    expect(configOfEnvironment({ CHATD_LOG_LEVEL: 'loud', CHATD_LIMIT_SESSIONS: 'many' })).toEqual({
      ok: false,
      error: [
        'CHATD_LOG_LEVEL: log-level: write one of silent, fatal, error, warn, info, debug, trace',
        'CHATD_LIMIT_SESSIONS: limits.sessions: It is a whole number from 1 to 999999999',
      ].join('\n'),
    })
    expect(unknownVariables({ CHATD_LISEN: 'x', CHATD_CONFIG: 'y', CHATD_DATA: 'z', PATH: '' })).toEqual([
      'CHATD_LISEN',
    ])
  })

  test('a key without its certificate is refused', () => {
    expect(configured('tls-key = "/k"').loaded).toEqual({
      ok: false,
      error: 'tls-key needs tls-cert, the file of its certificate',
    })
  })

  test('each key is shown with its value as in a file, and with its source', () => {
    const { options } = configured(
      'listen = ["0.0.0.0:1", "unix:/s"]',
      { CHATD_SOCKET_MODE: '0660' },
      {
        'proxy-from': [{ network: '10.0.0.0', prefix: 8 }],
      },
    )
    const sources = readSources(options)
    if (!sources.ok) throw new Error(sources.error)
    const shown = shownKeys(sources.value)
    expect(shown).toContainEqual({
      key: 'listen',
      value: '["0.0.0.0:1", "unix:/s"]',
      source: 'file',
      variable: 'CHATD_LISTEN',
    })
    expect(shown).toContainEqual(
      expect.objectContaining({ key: 'socket-mode', value: '"660"', source: 'environment' }),
    )
    expect(shown).toContainEqual(
      expect.objectContaining({ key: 'proxy-from', value: '["10.0.0.0/8"]', source: 'flag' }),
    )
    expect(shown).toContainEqual(
      expect.objectContaining({ key: 'limits.page', value: '200', source: 'default' }),
    )
    expect(shown).toContainEqual(
      expect.objectContaining({ key: 'data', value: undefined, source: 'default' }),
    )
  })
})

describe('a reload', () => {
  test('applies what can change, keeps the rest for a restart, and says both', () => {
    const { write, configuration } = loadedOf('log-level = "info"\nlisten = ["127.0.0.1:1"]\n')
    const { settings } = configuration
    write(
      'log-level = "debug"\nlisten = ["127.0.0.1:2"]\nallow-plaintext = true\n[limits]\nrooms-of-guest = 9\n',
    )
    expect(configuration.reload()).toEqual({
      ok: true,
      value: {
        applied: [
          { key: 'log-level', from: '"info"', to: '"debug"' },
          { key: 'allow-plaintext', from: 'default', to: 'true' },
          { key: 'limits.rooms-of-guest', from: 'default', to: '9' },
        ],
        waiting: [{ key: 'listen', from: '["127.0.0.1:1"]', to: '["127.0.0.1:2"]' }],
      },
    })
    // The parts of the daemon hold this object.
    expect(configuration.settings).toBe(settings)
    expect(settings).toMatchObject({ roomsOfGuest: 9, plaintextFrom: [{ prefix: 0 }, { prefix: 0 }] })
    expect(configuration.config).toMatchObject({ 'log-level': 'debug', listen: [{ port: 1 }] })
    // What waits is told again, until a restart or a file without the change.
    expect(configuration.reload()).toMatchObject({ value: { applied: [], waiting: [{ key: 'listen' }] } })
  })

  test('of a wrong file changes nothing, not even what is right in it', () => {
    const { write, configuration } = loadedOf('[limits]\nrooms-of-guest = 3\n')
    write('[limits]\nrooms-of-guest = 4\nsessions = 0\n')
    expect(configuration.reload()).toEqual({
      ok: false,
      error: expect.stringMatching(/line 3: limits\.sessions/),
    })
    expect(configuration.settings.roomsOfGuest).toBe(3)
    write('')
    expect(configuration.reload()).toMatchObject({
      value: { applied: [{ key: 'limits.rooms-of-guest', from: '3', to: 'default' }] },
    })
    expect(configuration.settings.roomsOfGuest).toBe(DEFAULT_SETTINGS.roomsOfGuest)
  })
})
