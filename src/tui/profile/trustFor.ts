import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { KnownServers } from '../../client/knownServers.ts'
import { isOnThisMachine, showServer, socketPath } from '../../client/serverAddress.ts'
import { Trust } from '../../client/trust.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { systemReason } from './directories.ts'

/** What the command line says about the trust in a server. */
export interface TrustFlags {
  readonly host: string
  readonly port: number
  readonly fingerprint: string | undefined
  readonly ca: string | undefined
  readonly plaintext: true | undefined
  /** The path of the file of known servers. */
  readonly knownServers: string
  /** Called with sentences for the user. */
  readonly tell: (kind: 'info' | 'warning', message: string) => void
}

/**
 * The trust for a connection; undefined for one in plain text: with `--plaintext`, and on this machine unless a flag asks
 * for a key. The error is a sentence.
 */
export function trustFor(options: TrustFlags): Result<Trust | undefined, string> {
  const { host, port, fingerprint, ca, plaintext, knownServers, tell } = options
  const isAsked = fingerprint !== undefined || ca !== undefined
  if (isOnThisMachine(host) && !isAsked) return success(undefined)
  if (socketPath(host) !== undefined)
    return failure('a unix socket is not encrypted: leave out --fingerprint and --ca')
  if (plaintext === true) {
    tell(
      'warning',
      `no encryption with ${showServer({ host, port })} (--plaintext): anyone between you and the server can read and change everything, and take over your session`,
    )
    return success(undefined)
  }
  const authorities = ca === undefined ? success(undefined) : readAuthorities(ca)
  if (!authorities.ok) return authorities
  const known = new KnownServers(knownServers)
  return success(new Trust({ host, port, known, fingerprint, ca: authorities.value, tell }))
}

function readAuthorities(
  file: string,
): Result<{ readonly file: string; readonly authorities: string }, string> {
  let authorities: string
  try {
    authorities = readFileSync(file, 'utf8')
  } catch (error) {
    return failure(`cannot read ${file}, the file of --ca: ${systemReason(error)}`)
  }
  try {
    new X509Certificate(authorities)
  } catch {
    return failure(`${file}, the file of --ca, holds no certificate in PEM`)
  }
  return success({ file, authorities })
}
