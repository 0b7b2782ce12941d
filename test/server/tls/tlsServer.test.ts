import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileKeyPair, type KeyPairFiles, versionOf } from '../../../src/server/tls/fileKeyPair.ts'
import { ownKeyPair } from '../../../src/server/tls/ownKeyPair.ts'
import { type KeyPairSource, TlsServer } from '../../../src/server/tls/tlsServer.ts'
import { temporaryDirectory } from '../directory.ts'
import { eventually } from '../peer.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** Files with a new pair. */
function newFiles(directory: string): KeyPairFiles {
  const pair = ownKeyPair(temporaryDirectory(), [])
  if (!pair.ok) throw new Error(pair.error)
  const files = { certificate: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
  writeFileSync(files.certificate, pair.value.certificate)
  writeFileSync(files.key, pair.value.key)
  return files
}

function sourceOf(files: KeyPairFiles): KeyPairSource {
  return { load: () => fileKeyPair(files), version: () => versionOf(files) }
}

interface Running {
  readonly tls: TlsServer
  readonly port: number
  /** Messages of the log, with their levels. */
  readonly logged: readonly string[]
}

/** TLS that echoes. */
async function running(source: KeyPairSource, pollEvery = 3_600_000): Promise<Running> {
  const logged: string[] = []
  const write = (line: string): void => {
    const { level, msg, reason = '' } = JSON.parse(line)
    logged.push(`${pino.levels.labels[level]} ${msg} ${reason}`)
  }
  const tls = new TlsServer({ source, logger: pino({}, { write }), handshakeTimeout: 10_000, pollEvery })
  const server = createServer({ pauseOnConnect: true }, socket => {
    socket.on('error', () => undefined)
    tls.secure(
      socket,
      Buffer.alloc(0),
      secured => secured.ok && secured.value.on('error', () => undefined).pipe(secured.value),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    tls.close()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { tls, port: address.port, logged }
}

async function handshake(port: number, options = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  onTestFinished(() => {
    socket.destroy()
  })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket
}

function shown(socket: TLSSocket): string | undefined {
  return socket.getPeerX509Certificate()?.fingerprint256
}

async function echoes(socket: TLSSocket): Promise<boolean> {
  socket.write('still here')
  const answer = await new Promise<string>(resolve => socket.once('data', data => resolve(String(data))))
  return answer === 'still here'
}

describe('the certificate of --tls-cert', () => {
  test('is read again, for new connections; the others live on', async () => {
    const directory = temporaryDirectory()
    const { tls, port, logged } = await running(sourceOf(newFiles(directory)))
    const before = await handshake(port)
    newFiles(directory)
    const prepared = tls.prepareReload()
    if (!prepared.ok) throw new Error(prepared.error)
    expect(shown(await handshake(port))).toBe(shown(before))
    prepared.value()
    const after = await handshake(port)
    expect(shown(after)).not.toBe(shown(before))
    expect(await echoes(before)).toBe(true)
    expect(await echoes(after)).toBe(true)
    expect(logged).toEqual([expect.stringContaining('info another certificate')])
  })

  test('that cannot be read fails a reload with a sentence, and is not logged a second time', async () => {
    const files = newFiles(temporaryDirectory())
    const { tls, port, logged } = await running(sourceOf(files), 10)
    expect(tls.prepareReload()).toMatchObject({ ok: true })
    const before = shown(await handshake(port))
    const looked = tls.shown
    // Without a turn between them: the poll cannot come first.
    writeFileSync(files.key, 'half')
    const failed = tls.prepareReload()
    expect(failed).toEqual({
      ok: false,
      error: expect.stringMatching(/cert\.pem and .* are no pair for TLS/),
    })
    expect(shown(await handshake(port))).toBe(before)
    expect(tls.shown).toBe(looked)
    newFiles(dirname(files.key))
    await eventually(async () => shown(await handshake(port)) !== before)
    expect(logged).toEqual([expect.stringContaining('info another certificate')])
  })

  test('is found by itself where certbot changed its links', async () => {
    const [old, fresh, live] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()]
    newFiles(old)
    newFiles(fresh)
    const files = { certificate: join(live, 'fullchain.pem'), key: join(live, 'privkey.pem') }
    const link = (to: string): void => {
      for (const [name, path] of [
        ['cert.pem', files.certificate],
        ['key.pem', files.key],
      ] as const) {
        symlinkSync(join(to, name), `${path}.new`)
        renameSync(`${path}.new`, path)
      }
    }
    link(old)
    const { port } = await running(sourceOf(files), 10)
    const before = shown(await handshake(port))
    link(fresh)
    await eventually(async () => shown(await handshake(port)) !== before)
  })

  test.each([
    [
      'half written',
      (files: KeyPairFiles) =>
        writeFileSync(files.certificate, readFileSync(files.certificate, 'utf8').slice(0, 100)),
    ],
    ['gone', (files: KeyPairFiles) => rmSync(files.key)],
    [
      'a circle of links',
      (files: KeyPairFiles) => {
        rmSync(files.certificate)
        symlinkSync(files.certificate, files.certificate)
      },
    ],
    [
      'of another key',
      (files: KeyPairFiles) => writeFileSync(files.key, readFileSync(newFiles(temporaryDirectory()).key)),
    ],
    ['empty', (files: KeyPairFiles) => writeFileSync(files.key, '')],
    ['no PEM', (files: KeyPairFiles) => writeFileSync(files.certificate, Buffer.alloc(100_000, 0xff))],
  ])('one that is %s changes nothing, and is logged once', async (_, damage) => {
    const files = newFiles(temporaryDirectory())
    const { port, logged } = await running(sourceOf(files), 10)
    const before = await handshake(port)
    damage(files)
    await eventually(() => logged.length > 0)
    expect(shown(await handshake(port))).toBe(shown(before))
    expect(await echoes(before)).toBe(true)
    expect(logged).toEqual([expect.stringMatching(/^error the certificate was not taken.*pem/)])
  })

  test('the right pair after a wrong one is taken', async () => {
    const directory = temporaryDirectory()
    const files = newFiles(directory)
    const { port, logged } = await running(sourceOf(files), 10)
    const before = shown(await handshake(port))
    writeFileSync(files.key, 'half')
    await eventually(() => logged.length > 0)
    newFiles(directory)
    await eventually(async () => shown(await handshake(port)) !== before)
  })

  test('is refused at the start with a sentence', () => {
    const files = { certificate: '/nowhere/cert.pem', key: '/nowhere/key.pem' }
    expect(fileKeyPair(files)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^\/nowhere\/cert.pem cannot be read \(ENOENT\)/),
    })
  })

  test.skipIf(!hasOpenssl).each([
    [30, []],
    [21, ['warn the certificate ends in 20 days; renew it ']],
    [1, ['warn the certificate ends in 0 days; renew it ']],
  ])('the log tells %d days before its end: %j (skipped without openssl)', async (days, told) => {
    const directory = temporaryDirectory()
    const files = { certificate: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
    const args = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=chat.example',
      '-days',
      String(days),
    ]
    execFileSync('openssl', [...args, '-keyout', files.key, '-out', files.certificate], { stdio: 'ignore' })
    const { tls, logged } = await running(sourceOf(files))
    tls.open()
    expect(logged).toEqual(told)
  })
})

describe('nothing weaker', () => {
  const own: KeyPairSource = { load: () => ownKeyPair(temporaryDirectory(), []) }

  test('TLS 1.3, and 1.2 for programs that know no better', async () => {
    const { port } = await running(own)
    expect((await handshake(port)).getProtocol()).toBe('TLSv1.3')
    expect((await handshake(port, { maxVersion: 'TLSv1.2' })).getProtocol()).toBe('TLSv1.2')
  })

  test('neither TLS 1.1 nor a cipher without forward secrecy', async () => {
    const { port } = await running(own)
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(handshake(port, old)).rejects.toThrow()
    await expect(handshake(port, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' })).rejects.toThrow()
  })

  test('no renegotiation, and no session to resume', async () => {
    const { port } = await running(own)
    const socket = await handshake(port, { maxVersion: 'TLSv1.2' })
    const refused = new Promise<Error | null>(resolve => {
      socket.renegotiate({ rejectUnauthorized: false }, resolve)
      socket.on('error', resolve)
      socket.on('close', () => resolve(new Error('closed')))
    })
    expect(await refused).toBeInstanceOf(Error)
    const second = await handshake(port, {
      maxVersion: 'TLSv1.2',
      session: (await handshake(port, { maxVersion: 'TLSv1.2' })).getSession(),
    })
    expect(second.isSessionReused()).toBe(false)
  })
})
