import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { KeyPair } from '../../../src/server/tls/keyPair.ts'
import { ownKeyFile, ownKeyPair, readOwnKeyPair } from '../../../src/server/tls/ownKeyPair.ts'
import { temporaryDirectory } from '../directory.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

function made(directory: string, names: readonly string[] = []): KeyPair {
  const pair = ownKeyPair(directory, names)
  if (!pair.ok) throw new Error(pair.error)
  return pair.value
}

describe('the certificate that chatd makes', () => {
  test('is made once, for its owner alone, and is the same after each start', () => {
    const directory = temporaryDirectory()
    const first = made(directory)
    const bytes = readFileSync(ownKeyFile(directory))
    expect(statSync(ownKeyFile(directory)).mode & 0o777).toBe(0o600)
    expect(made(directory)).toEqual(first)
    expect(readFileSync(ownKeyFile(directory))).toEqual(bytes)
    expect(first.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
  })

  test('its certificate never comes with its key', () => {
    const directory = temporaryDirectory()
    for (const pair of [made(directory), made(directory)]) expect(pair.certificate).not.toContain('PRIVATE')
    const found = readOwnKeyPair(directory)
    expect(found.ok && found.value?.certificate).not.toContain('PRIVATE')
  })

  test('names what it was asked to, and the machine itself', () => {
    const names = ['chat.example.org', 'bücher.example', '192.0.2.7', '2001:db8::7', '::ffff:192.0.2.9']
    const certificate = new X509Certificate(made(temporaryDirectory(), names).certificate)
    for (const host of ['chat.example.org', 'xn--bcher-kva.example', 'localhost'])
      expect(certificate.checkHost(host), host).toBe(host)
    for (const address of ['192.0.2.7', '2001:db8::7', '::ffff:192.0.2.9', '127.0.0.1', '::1'])
      expect(certificate.checkIP(address), address).toBeDefined()
    expect(certificate.checkHost('other.example.org')).toBeUndefined()
    expect(certificate.ca).toBe(false)
  })

  test('a further name makes another certificate for the same key, which clients have pinned', () => {
    const directory = temporaryDirectory()
    const before = made(directory, ['a.example'])
    const after = made(directory, ['b.example'])
    expect(after.certificate).not.toBe(before.certificate)
    expect(after.fingerprint).toBe(before.fingerprint)
    expect(made(directory, ['b.example']).certificate).toBe(after.certificate)
  })

  test('is valid whatever the clock says', () => {
    const { validFrom, validTo } = made(temporaryDirectory())
    expect(validFrom.getUTCFullYear()).toBe(2020)
    expect(validTo.getUTCFullYear()).toBe(9999)
  })

  test.skipIf(!hasOpenssl)('strict verifiers take it as a CA file (skipped without openssl)', () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'ca.pem')
    writeFileSync(file, made(directory, ['chat.example.org']).certificate)
    const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'chat.example.org']
    expect(execFileSync('openssl', [...args, '-CAfile', file, file], { encoding: 'utf8' })).toContain('OK')
  })

  test.each([
    ['cut off', (text: string) => text.slice(0, -200)],
    ['empty', () => ''],
    [
      'of another key',
      (text: string) =>
        text.replace(/-----BEGIN PRIVATE[\s\S]*?END PRIVATE KEY-----/, made(temporaryDirectory()).key.trim()),
    ],
  ])('a file that is %s is named in a sentence, and stays as it is', (_, damage) => {
    const directory = temporaryDirectory()
    made(directory)
    const file = ownKeyFile(directory)
    const damaged = damage(readFileSync(file, 'utf8'))
    writeFileSync(file, damaged)
    expect(ownKeyPair(directory, [])).toMatchObject({
      ok: false,
      error: expect.stringMatching(/tls\.pem is damaged: .* move it away/s),
    })
    expect(readFileSync(file, 'utf8')).toBe(damaged)
  })

  test('where no file can be made, it is a sentence', () => {
    expect(ownKeyPair('/proc/self', [])).toMatchObject({
      ok: false,
      error: expect.stringMatching(/cannot be kept in \/proc\/self\/tls\.pem .* free space/),
    })
  })
})
