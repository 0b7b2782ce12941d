import { createHash } from 'node:crypto'
import { failure, type Result, success } from './errors.ts'
import { readSshKey, type SshKey, verifySsh } from './sshKey.ts'
import { SshReader, sshInteger, sshString } from './sshWire.ts'

/** The purpose of the signatures of chatd: a signature that was made for another one never passes (PROTOCOL.sshsig). */
export const SIGN_IN_NAMESPACE = 'sign-in@chat-tui'

const MAGIC = Buffer.from('SSHSIG')
const VERSION = 1
const HASHES: ReadonlySet<string> = new Set(['sha256', 'sha512'])
/** The most bytes of a signature: one of RSA with 8192 bits has about 2,200. */
const MAX_BYTES = 4_096

/** The channel of lines without TLS, on this machine. */
export const NO_CHANNEL = '-'

/** What a person signs to sign in. */
export interface SignIn {
  /** The name, as it stands in `connect`. */
  readonly username: string
  /** From the server, for this connection alone. */
  readonly nonce: string
  /** What both ends of a TLS connection derive from its secrets (RFC 9266), or {@link NO_CHANNEL}. */
  readonly channel: string
}

/** The text that is signed. */
export function signInText({ username, nonce, channel }: SignIn): string {
  return `chatd sign-in 1\nuser ${username}\nnonce ${nonce}\nchannel ${channel}\n`
}

/** What an SSH key signs for a text (OpenSSH, PROTOCOL.sshsig). */
export function signedData(text: string): Buffer {
  return Buffer.concat([MAGIC, headOf('sha512'), sshString(createHash('sha512').update(text).digest())])
}

/** Wraps a signature of a key, in SSH's encoding, as base64. */
export function encodeSignature(key: Buffer, signature: Buffer): string {
  const parts = [MAGIC, sshInteger(VERSION), sshString(key), headOf('sha512'), sshString(signature)]
  return Buffer.concat(parts).toString('base64')
}

/** The base64 of an armored signature, as `ssh-keygen -Y sign` prints it; undefined where it is none. */
export function fromArmor(armored: string): string | undefined {
  const [, body] =
    /^-----BEGIN SSH SIGNATURE-----\n([\sA-Za-z0-9+/=]+)-----END SSH SIGNATURE-----\s*$/.exec(armored) ?? []
  return body?.replaceAll(/\s/g, '')
}

/** A signature whose key is known, and that is not checked yet. */
export interface UncheckedSignature {
  readonly key: SshKey
  /** Whether the key signed this text. */
  verifies(text: string): boolean
}

/** Reads a signature in base64. The error is a sentence. No public-key operation is done until it is checked. */
export function readSignature(base64: string): Result<UncheckedSignature, string> {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64)) return failure('the signature is not base64')
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > MAX_BYTES) return failure('the signature is too long')
  try {
    return unwrap(bytes)
  } catch {
    return failure('the signature is no SSHSIG')
  }
}

function unwrap(bytes: Buffer): Result<UncheckedSignature, string> {
  const reader = new SshReader(bytes)
  if (!reader.take(MAGIC.length).equals(MAGIC) || reader.integer() !== VERSION)
    return failure('the signature is no SSHSIG of version 1')
  const key = readSshKey(Buffer.from(reader.bytes()))
  if (!key.ok) return key
  const namespace = reader.text()
  const reserved = reader.bytes()
  const hash = reader.text()
  const signature = Buffer.from(reader.bytes())
  if (!reader.isAtEnd || reserved.length > 0) return failure('the signature has more than an SSHSIG')
  if (namespace !== SIGN_IN_NAMESPACE) return failure(`the signature is not for ${SIGN_IN_NAMESPACE}`)
  if (!HASHES.has(hash)) return failure(`the signature uses the hash ${hash}`)
  return success({
    key: key.value,
    verifies: text => {
      const digest = createHash(hash).update(text).digest()
      return verifySsh(key.value, signature, Buffer.concat([MAGIC, headOf(hash), sshString(digest)]))
    },
  })
}

function headOf(hash: string): Buffer {
  return Buffer.concat([sshString(SIGN_IN_NAMESPACE), sshString(''), sshString(hash)])
}
