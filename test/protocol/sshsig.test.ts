import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SshAgent } from '../../src/client/sshAgent.ts'
import { signByKeygen } from '../../src/client/sshKeygen.ts'
import { isFido, parseSshKey, readSshKey, sshKeyLine } from '../../src/protocol/sshKey.ts'
import {
  fromArmor,
  readSignature,
  SIGN_IN_NAMESPACE,
  type SignIn,
  signInText,
} from '../../src/protocol/sshsig.ts'
import { sshString } from '../../src/protocol/sshWire.ts'
import { buildSkProvider, hasOpenSsh, makeKey, publicLine, startAgent } from '../client/openssh.ts'
import { temporaryDirectory } from '../server/directory.ts'

const SIGN_IN: SignIn = { username: 'bob', nonce: 'k3Jx-_', channel: 'Y2hhbm5lbA' }
const TEXT = signInText(SIGN_IN)

const KINDS: readonly (readonly [type: string, bits: string])[] = [
  ['ed25519', ''],
  ['ecdsa', '256'],
  ['ecdsa', '384'],
  ['ecdsa', '521'],
  ['rsa', '2048'],
  ['rsa', '3072'],
]

function unwrapped<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(String(result.error))
  return result.value
}

/** Signs as a user of OpenSSH would by hand. */
function signedBy(file: string, text: string, namespace: string, ...flags: readonly string[]): string {
  const flagged = ['-Y', 'sign', '-f', file, '-n', namespace, ...flags]
  const armored = execFileSync('ssh-keygen', flagged, { input: text, stdio: ['pipe', 'pipe', 'ignore'] })
  return fromArmor(armored.toString()) ?? ''
}

test('the signed text names the purpose, the user, the nonce and the channel, a line each', () => {
  expect(TEXT).toBe('chatd sign-in 1\nuser bob\nnonce k3Jx-_\nchannel Y2hhbm5lbA\n')
})

describe.skipIf(!hasOpenSsh)('signatures between OpenSSH and chatd', () => {
  test.each(KINDS)('%s %s: what ssh-keygen signs passes', async (type, bits) => {
    const file = makeKey(type, { bits })
    const signature = unwrapped(readSignature(unwrapped(await signByKeygen(file, TEXT))))
    expect(signature.verifies(TEXT)).toBe(true)
    const listed = unwrapped(parseSshKey(publicLine(file)))
    expect(signature.key.blob).toEqual(listed.blob)
    expect(sshKeyLine(listed)).toBe(publicLine(file))
    expect(execFileSync('ssh-keygen', ['-l', '-f', file]).toString()).toContain(` ${listed.fingerprint} `)
  })

  test.each(KINDS)(
    '%s %s: what an ssh-agent signs passes here and with ssh-keygen -Y verify',
    async (type, bits) => {
      const file = makeKey(type, { bits })
      const agent = new SshAgent((await startAgent(file)).socket)
      const [key] = unwrapped(await agent.keys())
      if (key === undefined) throw new Error('the agent lists no key')
      const base64 = unwrapped(await agent.sign(key, TEXT))
      expect(unwrapped(readSignature(base64)).verifies(TEXT)).toBe(true)
      const directory = temporaryDirectory()
      const [signature, signers] = [join(directory, 'signature'), join(directory, 'signers')]
      const body = base64.replaceAll(/.{70}/g, '$&\n')
      writeFileSync(signature, `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`)
      writeFileSync(signers, `bob ${publicLine(file)}\n`)
      const flags = ['-Y', 'verify', '-f', signers, '-I', 'bob', '-n', SIGN_IN_NAMESPACE, '-s', signature]
      expect(execFileSync('ssh-keygen', flags, { input: TEXT }).toString()).toContain('Good')
    },
  )

  test.each(KINDS)('%s %s: a signature with one bit changed anywhere is refused', (type, bits) => {
    const bytes = Buffer.from(signedBy(makeKey(type, { bits }), TEXT, SIGN_IN_NAMESPACE), 'base64')
    // Each bit costs a public-key operation; of the long ones every seventh is tried, another seventh each byte.
    const step = bytes.length > 400 ? 7 : 1
    const passed: number[] = []
    for (let bit = 0; bit < bytes.length * 8; bit += step) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const read = readSignature(flipped.toString('base64'))
      const isSameKey =
        read.ok && read.value.key.blob.equals(unwrapped(readSignature(bytes.toString('base64'))).key.blob)
      if (read.ok && isSameKey && read.value.verifies(TEXT)) passed.push(bit)
    }
    expect(passed).toEqual([])
  })

  test.each<[string, Partial<SignIn>]>([
    ['user', { username: 'alice' }],
    ['nonce', { nonce: 'k3Jx-a' }],
    ['channel', { channel: 'Y2hhbm5lbB' }],
    ['missing channel', { channel: '-' }],
  ])('a signature for another %s is refused', (_, change) => {
    const signature = unwrapped(readSignature(signedBy(makeKey('ed25519'), TEXT, SIGN_IN_NAMESPACE)))
    expect(signature.verifies(signInText({ ...SIGN_IN, ...change }))).toBe(false)
  })

  test('a signature for another purpose is refused, with the text of this one', () => {
    expect(readSignature(signedBy(makeKey('ed25519'), TEXT, 'file'))).toMatchObject({
      ok: false,
      error: expect.stringContaining('sign-in@chat-tui'),
    })
  })

  test('both hashes of SSHSIG pass; SHA-1 of RSA does not', () => {
    const file = makeKey('rsa', { bits: '2048' })
    for (const hash of ['sha256', 'sha512']) {
      const signature = unwrapped(
        readSignature(signedBy(file, TEXT, SIGN_IN_NAMESPACE, '-O', `hashalg=${hash}`)),
      )
      expect(signature.verifies(TEXT)).toBe(true)
    }
    const bytes = Buffer.from(signedBy(file, TEXT, SIGN_IN_NAMESPACE), 'base64').toString('latin1')
    const weak = Buffer.from(bytes.replace('rsa-sha2-512', 'ssh-rsa'), 'latin1')
    const read = readSignature(weak.toString('base64'))
    expect(read.ok && read.value.verifies(TEXT)).toBe(false)
  })

  test('weak and foreign keys are refused with a sentence', () => {
    const directory = temporaryDirectory()
    const small = makeKey('rsa', { bits: '1024' })
    expect(parseSshKey(publicLine(small))).toMatchObject({
      ok: false,
      error: expect.stringContaining('1024 bits'),
    })
    const authority = makeKey('ed25519')
    const certified = join(directory, 'id')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', certified])
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'bob', `${certified}.pub`])
    expect(parseSshKey(publicLine(`${certified}-cert`))).toMatchObject({
      ok: false,
      error: expect.stringContaining('certificates'),
    })
    expect(parseSshKey('ssh-dss AAAAB3NzaC1kc3MAAACBAP== bob')).toMatchObject({ ok: false })
  })
})

const canBuildSk =
  hasOpenSsh && spawnSync('gcc', ['-E', '-'], { input: '#include <openssl/ec.h>\n' }).status === 0
if (!canBuildSk) console.warn('SKIPPED: no FIDO key in software without gcc and libssl-dev')

describe.skipIf(!canBuildSk)('FIDO keys, by a provider in software', () => {
  function signedByFido(type: string, ...options: readonly string[]) {
    const provider = buildSkProvider()
    if (provider === undefined) throw new Error('the provider was not built')
    const file = makeKey(type, { flags: ['-w', provider, ...options] })
    const armored = execFileSync('ssh-keygen', ['-Y', 'sign', '-f', file, '-n', SIGN_IN_NAMESPACE], {
      input: TEXT,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, SSH_SK_PROVIDER: provider },
    })
    return { file, base64: fromArmor(armored.toString()) ?? '' }
  }

  test.each(['ed25519-sk', 'ecdsa-sk'])('%s signs with a touch, and with one bit changed does not', type => {
    const { file, base64 } = signedByFido(type)
    const signature = unwrapped(readSignature(base64))
    expect(signature.verifies(TEXT)).toBe(true)
    expect(isFido(signature.key)).toBe(true)
    expect(signature.key.blob).toEqual(unwrapped(parseSshKey(publicLine(file))).blob)
    const bytes = Buffer.from(base64, 'base64')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const read = readSignature(flipped.toString('base64'))
      if (read.ok && read.value.key.blob.equals(signature.key.blob))
        expect(read.value.verifies(TEXT)).toBe(false)
    }
  })

  test.each(['ed25519-sk', 'ecdsa-sk'])('%s without a touch is refused', type => {
    const { base64 } = signedByFido(type, '-O', 'no-touch-required')
    expect(unwrapped(readSignature(base64)).verifies(TEXT)).toBe(false)
  })
})

test.each([
  '',
  'ssh-ed25519',
  'ssh-ed25519 AAAA bob',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== bob',
  'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIFv2b5V8k1mT1g8mT3l8u3s2WwYF8l0q3f6lq8JbV0Zq bob',
  'command="x" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFv2b5V8k1mT1g8mT3l8u3s2WwYF8l0q3f6lq8JbV0Zq',
  '-----BEGIN OPENSSH PRIVATE KEY-----',
  `ssh-ed25519 ${'A'.repeat(10_000)}`,
])('a line that is no public key is refused: %j', line => {
  expect(parseSshKey(line).ok).toBe(false)
})

test('bytes that are no key or signature are refused, and never throw', () => {
  for (let length = 0; length < 64; length++) {
    expect(readSshKey(Buffer.alloc(length, 0xff)).ok).toBe(false)
    expect(readSignature(Buffer.alloc(length, 0x7f).toString('base64')).ok).toBe(false)
  }
  const huge = Buffer.concat([
    Buffer.from('SSHSIG'),
    Buffer.from([0, 0, 0, 1]),
    sshString(Buffer.alloc(100_000)),
  ])
  expect(readSignature(huge.toString('base64')).ok).toBe(false)
})
