import { createHash, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { ipv6Groups } from '../address.ts'
import { bits, integer, objectId, octets, sequence, set, TRUE, tagged, time, utf8String } from './der.ts'

/** A clock that is behind when the certificate is made, or at a client, must not make the certificate one of the future. */
const VALID_FROM = new Date('2020-01-01T00:00:00Z')
/** "No well-defined expiration date" (RFC 5280, 4.1.2.5): clients pin the key, and a date would only break them. */
const VALID_TO = new Date('9999-12-31T23:59:59Z')
/** The longest common name (RFC 5280, appendix A). */
const MAX_COMMON_NAME = 64

const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'))
const VERSION_3 = tagged(0xa0, integer(Buffer.from([2])))

/**
 * A certificate for a P-256 key that the key itself signs: for servers, not for issuing others, and with every extension
 * that strict verifiers ask for.
 * @param names host names and IP addresses; the first is the subject's name
 * @returns PEM
 */
export function selfSignedCertificate(keyPem: string, names: readonly string[]): string {
  const key = createPrivateKey(keyPem)
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const name = sequence(
    set(sequence(objectId('2.5.4.3'), utf8String((names[0] ?? 'chatd').slice(0, MAX_COMMON_NAME)))),
  )
  const toSign = sequence(
    VERSION_3,
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(VALID_FROM), time(VALID_TO)),
    name,
    publicKey,
    tagged(0xa3, sequence(...extensions(publicKey, names))),
  )
  const certificate = sequence(toSign, ECDSA_WITH_SHA256, bits(sign('sha256', toSign, key)))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

/** The extensions of RFC 5280, section 4.2.1, by their object identifiers. */
function extensions(publicKey: Buffer, names: readonly string[]): readonly Buffer[] {
  const keyId = createHash('sha256').update(publicKey).digest().subarray(0, 20)
  const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
    sequence(objectId(id), ...(isCritical ? [TRUE] : []), octets(value))
  return [
    // basicConstraints: no certificate authority, which is the default.
    extension('2.5.29.19', sequence(), true),
    // keyUsage: the first of eight bits, digitalSignature.
    extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
    // extKeyUsage: servers.
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))),
    // subjectKeyIdentifier, and authorityKeyIdentifier, which names the same key.
    extension('2.5.29.14', octets(keyId)),
    extension('2.5.29.35', sequence(tagged(0x80, keyId))),
    // subjectAltName.
    extension('2.5.29.17', sequence(...names.map(alternativeName))),
  ]
}

/** Positive, and unique by chance. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes
}

function alternativeName(name: string): Buffer {
  const address = addressBytes(name)
  if (address !== undefined) return tagged(0x87, address)
  return tagged(0x82, Buffer.from(domainToASCII(name)))
}

/** The four or sixteen bytes of an IP address; undefined for a host name. */
function addressBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number))
  if (!isIPv6(text)) return undefined
  return Buffer.from(
    ipv6Groups(text)
      .map(group => group.padStart(4, '0'))
      .join(''),
    'hex',
  )
}
