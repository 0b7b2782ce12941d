import { readFileSync, statSync } from 'node:fs'
import { errorReason } from '../../files/errorCode.ts'
import { failure, type Result } from '../../protocol/errors.ts'
import { type KeyPair, readKeyPair } from './keyPair.ts'

/** The files of a certificate that another program renews, such as certbot. */
export interface KeyPairFiles {
  readonly certificate: string
  readonly key: string
}

/** Reads the pair; the error is a sentence that names the file. */
export function fileKeyPair({ certificate, key }: KeyPairFiles): Result<KeyPair, string> {
  const texts: string[] = []
  for (const file of [certificate, key]) {
    try {
      texts.push(readFileSync(file, 'utf8'))
    } catch (error) {
      const reason = errorReason(error)
      return failure(
        `${file} cannot be read (${reason}); check the path, and that chatd's account may read it`,
      )
    }
  }
  const [certificateText = '', keyText = ''] = texts
  const pair = readKeyPair(certificateText, keyText)
  if (pair.ok) return pair
  return failure(`${certificate} and ${key} are no pair for TLS: ${pair.error}`)
}

/**
 * Something that differs once one of the files was written or replaced, links to them included. Renewing programs change
 * links, which `fs.watch` does not see.
 */
export function versionOf({ certificate, key }: KeyPairFiles): string {
  return [certificate, key].map(versionOfFile).join(', ')
}

function versionOfFile(file: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(file, { bigint: true })
    return `${dev} ${ino} ${size} ${mtimeNs}`
  } catch (error) {
    // Missing, in a circle of links, or behind a directory that was closed: reading it tells the operator.
    return errorReason(error)
  }
}
