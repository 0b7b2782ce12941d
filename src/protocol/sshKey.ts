import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { failure, type Result, success } from './errors.ts'
import { SshReader, sshInteger, unsigned } from './sshWire.ts'

/** The longest line of a key that is taken: RSA with 8192 bits needs about 1,400 characters, beside its comment. */
const MAX_KEY_LINE = 4_096
/** The bounds of RSA keys, bits. */
const RSA_BITS = { least: 2_048, most: 8_192 }
const MAX_COMMENT = 64
/** The flag of a FIDO signature that says that the user touched the key (WebAuthn, section 6.1). */
const USER_PRESENT = 0x01

/** A public key as SSH knows it. */
export interface SshKey {
  /** The name of its algorithm, such as `ssh-ed25519`. */
  readonly type: string
  /** The whole key in SSH's encoding. */
  readonly blob: Buffer
  /** `SHA256:` and 43 letters, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  /** What stands behind the key in its line; may be empty. */
  readonly comment: string
}

interface Curve {
  readonly name: string
  readonly jwk: string
  readonly bytes: number
  readonly hash: string
}

const CURVES: Readonly<Record<string, Curve>> = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', jwk: 'P-256', bytes: 32, hash: 'sha256' },
  'ecdsa-sha2-nistp384': { name: 'nistp384', jwk: 'P-384', bytes: 48, hash: 'sha384' },
  'ecdsa-sha2-nistp521': { name: 'nistp521', jwk: 'P-521', bytes: 66, hash: 'sha512' },
}
const SK_ECDSA = 'sk-ecdsa-sha2-nistp256@openssh.com'
const SK_ED25519 = 'sk-ssh-ed25519@openssh.com'
/** The hashes of RSA signatures (RFC 8332); `ssh-rsa` alone means SHA-1, which is refused. */
const RSA_HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }

/** Checks the signature of one key: `data` is what was signed. */
type Verifier = (signature: SshReader, algorithm: string, data: Buffer) => boolean

/**
 * Reads a public key from a line such as a `.pub` file holds: type, base64, comment. Options before it, as in
 * `authorized_keys`, are refused. The error is a sentence that says what to do.
 */
export function parseSshKey(line: string): Result<SshKey, string> {
  if (line.length > MAX_KEY_LINE) return failure('the line is too long for a public key')
  const [type = '', encoded = '', ...rest] = line.trim().split(/[ \t]+/)
  if (/PRIVATE KEY/.test(line))
    return failure('that is a private key: give its public one, the file that ends in .pub')
  if (!/^[A-Za-z0-9+/]+=*$/.test(encoded) || !/^[a-z0-9@.-]+$/.test(type))
    return failure('a public key is a line like "ssh-ed25519 AAAA… name", as in ~/.ssh/id_ed25519.pub')
  const key = readSshKey(Buffer.from(encoded, 'base64'), rest.join(' '))
  if (!key.ok || key.value.type === type) return key
  return failure(`the line says ${type}, and holds a key of the type ${key.value.type}`)
}

/** Reads a public key from SSH's encoding, as an agent or a signature holds it. The error is a sentence. */
export function readSshKey(blob: Buffer, comment = ''): Result<SshKey, string> {
  const type = typeOf(blob)
  if (type.includes('-cert-v')) return failure('certificates are not taken: give the key itself')
  if (type === 'ssh-dss') return failure('DSA keys are not safe: make another with ssh-keygen -t ed25519')
  const verifier = type === '' ? undefined : verifierOf(blob)
  if (verifier === undefined)
    return failure('the key is none that is taken: use ed25519, ECDSA, RSA or a FIDO key of OpenSSH')
  if (typeof verifier === 'string') return failure(verifier)
  return success({ type, blob, fingerprint: sshFingerprint(blob), comment: shortComment(comment) })
}

/** The key as a line: type, base64 and comment. */
export function sshKeyLine({ type, blob, comment }: SshKey): string {
  return [type, blob.toString('base64'), comment].filter(part => part !== '').join(' ')
}

/** The fingerprint of a key, as `ssh-keygen -l` prints it. */
function sshFingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** Whether a key signs by a device that wants a touch. */
export function isFido({ type }: SshKey): boolean {
  return type === SK_ECDSA || type === SK_ED25519
}

/** Checks a signature in SSH's encoding by a key over data. */
export function verifySsh({ blob }: SshKey, signature: Buffer, data: Buffer): boolean {
  const verifier = verifierOf(blob)
  if (typeof verifier !== 'function') return false
  try {
    const reader = new SshReader(signature)
    const algorithm = reader.text()
    return verifier(reader, algorithm, data) && reader.isAtEnd
  } catch {
    return false
  }
}

function typeOf(blob: Buffer): string {
  try {
    return new SshReader(blob).text()
  } catch {
    return ''
  }
}

/** The verifier of a key; a sentence where the key is not safe; undefined where it cannot be read. */
function verifierOf(blob: Buffer): Verifier | string | undefined {
  try {
    const reader = new SshReader(blob)
    const type = reader.text()
    const verifier = readVerifier(type, reader)
    return reader.isAtEnd ? verifier : undefined
  } catch {
    return undefined
  }
}

function readVerifier(type: string, reader: SshReader): Verifier | string | undefined {
  if (type === 'ssh-rsa') return rsaVerifier(reader)
  if (type === 'ssh-ed25519') {
    const key = ed25519Key(reader.bytes())
    return (signature, algorithm, data) => algorithm === type && verify(null, data, key, signature.bytes())
  }
  if (type === SK_ED25519) {
    const key = ed25519Key(reader.bytes())
    const check = (signature: Buffer, data: Buffer): boolean => verify(null, data, key, signature)
    return fidoVerifier(type, reader.text(), check)
  }
  if (type === SK_ECDSA) {
    const check = ecdsaCheck(reader, CURVES['ecdsa-sha2-nistp256'])
    return check && fidoVerifier(type, reader.text(), check)
  }
  const check = ecdsaCheck(reader, CURVES[type])
  return check && ((signature, algorithm, data) => algorithm === type && check(signature.bytes(), data))
}

function rsaVerifier(reader: SshReader): Verifier | string {
  const exponent = reader.bytes()
  const modulus = reader.bytes()
  const digits = modulus[0] === 0 ? modulus.subarray(1) : modulus
  const bits = digits.length * 8 - Math.clz32(digits[0] ?? 0) + 24
  if (bits < RSA_BITS.least || bits > RSA_BITS.most)
    return `the RSA key has ${bits} bits; ${RSA_BITS.least} to ${RSA_BITS.most} are taken: make another with ssh-keygen -t ed25519`
  // A large exponent makes each check as slow as a signature.
  if (exponent.length > 4) return 'the exponent of the RSA key is too large'
  const key = publicKey({ kty: 'RSA', n: digits.toString('base64url'), e: exponent.toString('base64url') })
  return (signature, algorithm, data) => {
    const hash = Object.hasOwn(RSA_HASHES, algorithm) ? RSA_HASHES[algorithm] : undefined
    return hash !== undefined && verify(hash, data, key, signature.bytes())
  }
}

function ed25519Key(point: Buffer): KeyObject {
  if (point.length !== 32) throw new RangeError('an ed25519 key has 32 bytes')
  return publicKey({ kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') })
}

function ecdsaCheck(
  reader: SshReader,
  curve: Curve | undefined,
): ((signature: Buffer, data: Buffer) => boolean) | undefined {
  if (curve === undefined || reader.text() !== curve.name) return undefined
  const point = reader.bytes()
  const { bytes } = curve
  // Only uncompressed points (RFC 5656, section 3.1).
  if (point.length !== 1 + 2 * bytes || point[0] !== 0x04) return undefined
  const x = point.subarray(1, 1 + bytes).toString('base64url')
  const y = point.subarray(1 + bytes).toString('base64url')
  const key = publicKey({ kty: 'EC', crv: curve.jwk, x, y })
  return (signature, data) => {
    const numbers = new SshReader(signature)
    const r = unsigned(numbers.bytes(), bytes)
    const s = unsigned(numbers.bytes(), bytes)
    if (r === undefined || s === undefined || !numbers.isAtEnd) return false
    return verify(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat([r, s]))
  }
}

/** FIDO keys sign hashes of application and data, with flags and a counter between (OpenSSH, PROTOCOL.u2f). */
function fidoVerifier(
  type: string,
  application: string,
  check: (signature: Buffer, data: Buffer) => boolean,
): Verifier {
  return (reader, algorithm, data) => {
    const signature = reader.bytes()
    const [flags = 0] = reader.take(1)
    const counter = reader.integer()
    if (algorithm !== type || (flags & USER_PRESENT) === 0) return false
    const signed = [sha256(application), Buffer.from([flags]), sshInteger(counter), sha256(data)]
    return check(signature, Buffer.concat(signed))
  }
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}

function publicKey(key: { readonly kty: string } & Readonly<Record<string, string>>): KeyObject {
  return createPublicKey({ key: { ...key }, format: 'jwk' })
}

/** Comments are shown: without control characters, and short. */
function shortComment(comment: string): string {
  return [...comment.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '')].slice(0, MAX_COMMENT).join('').trim()
}
