import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { errorCode } from '../../files/errorCode.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { fingerprintOf } from '../../protocol/fingerprint.ts'

/** A certificate and its private key, which fit each other. */
export interface KeyPair {
  /** PEM; the server's certificate first, then those that lead to its issuer. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** See `fingerprintOf`. */
  readonly fingerprint: string
  readonly validFrom: Date
  readonly validTo: Date
}

/** One certificate in PEM. */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * Reads a pair and tries it out: TLS itself would take a wrong one, and fail at every handshake. Both texts may be the same,
 * with the certificate and the key in it. The error is a part of a sentence.
 */
export function readKeyPair(certificateText: string, keyText: string): Result<KeyPair, string> {
  const certificate = (certificateText.match(CERTIFICATE) ?? []).map(block => `${block}\n`).join('')
  const parsed = readCertificate(certificate)
  if (parsed === undefined) return failure('there is no certificate in PEM')
  const privateKey = readPrivateKey(keyText)
  if (!privateKey.ok) return privateKey
  if (!parsed.checkPrivateKey(privateKey.value)) return failure('the certificate belongs to another key')
  const key = String(privateKey.value.export({ type: 'pkcs8', format: 'pem' }))
  try {
    createSecureContext({ cert: certificate, key })
  } catch (error) {
    return failure(`TLS refuses the pair (${error instanceof Error ? error.message : String(error)})`)
  }
  return success({
    certificate,
    key,
    fingerprint: fingerprintOf(parsed),
    validFrom: parsed.validFromDate,
    validTo: parsed.validToDate,
  })
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function readPrivateKey(key: string): Result<KeyObject, string> {
  try {
    return success(createPrivateKey(key))
  } catch (error) {
    const isEncrypted = errorCode(error) === 'ERR_MISSING_PASSPHRASE'
    return failure(
      isEncrypted
        ? 'the key is encrypted with a passphrase, which chatd cannot ask for'
        : 'there is no private key in PEM',
    )
  }
}

/** Whether a certificate names a host name or an IP address. */
export function isCertificateFor({ certificate }: KeyPair, name: string): boolean {
  const parsed = new X509Certificate(certificate)
  return (isIP(name) === 0 ? parsed.checkHost(name) : parsed.checkIP(name)) !== undefined
}
