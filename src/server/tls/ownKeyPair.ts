import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { domainToASCII } from 'node:url'
import { errorCode, errorReason } from '../../files/errorCode.ts'
import { replaceFile } from '../../files/replaceFile.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { isCertificateFor, type KeyPair, readKeyPair } from './keyPair.ts'
import { selfSignedCertificate } from './selfSigned.ts'

/** Names by which every certificate that chatd makes can be checked on the machine itself. */
const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1']

/** The file of the certificate that chatd makes, with its key. */
export function ownKeyFile(directory: string): string {
  return join(directory, 'tls.pem')
}

/**
 * The certificate that chatd makes for itself, in the data directory: read, or made once. Clients pin its key, so the key
 * is never replaced; a certificate that lacks one of `names` is made again, for the same key.
 * @param names names and addresses that it must be for
 * @returns the pair, or a sentence that says what to do
 */
export function ownKeyPair(directory: string, names: readonly string[]): Result<KeyPair, string> {
  const file = ownKeyFile(directory)
  const found = readOwnKeyPair(directory)
  if (!found.ok) return found
  const old = found.value
  if (old !== undefined && names.every(name => isCertificateFor(old, name))) return success(old)
  const key = old?.key ?? newKey()
  const certificate = selfSignedCertificate(key, unique([...names, hostname(), ...LOCAL_NAMES]))
  try {
    replaceFile(file, `${key}${certificate}`)
  } catch (error) {
    return failure(
      `the certificate cannot be kept in ${file} (${errorReason(error)}); without it clients would see another key after each start. Check the directory's owner, and that its disk has free space`,
    )
  }
  return readKeyPair(certificate, key)
}

/** The certificate that chatd has made, undefined before. The error is a sentence. */
export function readOwnKeyPair(directory: string): Result<KeyPair | undefined, string> {
  const file = ownKeyFile(directory)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return success(undefined)
    return failure(`${file} cannot be read (${errorReason(error)}); check its owner`)
  }
  const pair = readKeyPair(text, text)
  if (pair.ok) return pair
  return failure(
    `${file} is damaged: ${pair.error}. Restore it from a backup; or move it away, and chatd makes a new key, which every client will ask its user about`,
  )
}

function newKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey
}

function unique(names: readonly string[]): readonly string[] {
  return [
    ...new Set(
      names.map(name => name.toLowerCase()).filter(name => isIP(name) !== 0 || domainToASCII(name) !== ''),
    ),
  ]
}
