import { createHash, type X509Certificate } from 'node:crypto'
import { failure, type Result, success } from './errors.ts'

const FINGERPRINT = /^(?:SHA256:)?([A-Za-z0-9+/_-]{43})=?$/

/** The fingerprint of a certificate's public key, which clients pin: `SHA256:` and base64, as OpenSSH writes it. */
export function fingerprintOf({ publicKey }: X509Certificate): string {
  const bytes = publicKey.export({ type: 'spki', format: 'der' })
  return `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`
}

/** A fingerprint as `chatd fingerprint` prints it, also without its beginning or in the alphabet of addresses. */
export function parseFingerprint(text: string): Result<string, string> {
  const [, digest] = FINGERPRINT.exec(text.trim()) ?? []
  if (digest === undefined)
    return failure('give what "chatd fingerprint" prints: SHA256: and 43 letters, digits, + and /')
  return success(`SHA256:${digest.replaceAll('-', '+').replaceAll('_', '/')}`)
}
