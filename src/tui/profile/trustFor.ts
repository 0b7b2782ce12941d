import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { KnownServers } from '../../client/knownServers.ts'
import { isOnThisMachine, type ServerAddress, showServer, socketPath } from '../../client/serverAddress.ts'
import { Trust, type TrustIn } from '../../client/trust.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { systemReason } from './directories.ts'

/** What the command line says about the trust in a server. */
export interface TrustFlags {
  /** The addresses of the server that the user gave. */
  readonly addresses: readonly ServerAddress[]
  readonly fingerprint: string | undefined
  readonly ca: string | undefined
  readonly plaintext: true | undefined
  /** The path of the file of known servers. */
  readonly knownServers: string
  /** Called with sentences for the user. */
  readonly tell: (kind: 'info' | 'warning', message: string) => void
}

/**
 * The trust at each address of a server; undefined for one in plain text: with `--plaintext`, and on this machine unless a
 * flag asks for a key. The error is a sentence.
 */
export function trustFor(options: TrustFlags): Result<TrustIn, string> {
  const { addresses, fingerprint, ca, plaintext, knownServers, tell } = options
  const isAsked = fingerprint !== undefined || ca !== undefined
  const isPlain = ({ host }: ServerAddress): boolean => isOnThisMachine(host) && !isAsked
  if (isAsked && addresses.some(({ host }) => socketPath(host) !== undefined))
    return failure('a unix socket is not encrypted: leave out --fingerprint and --ca')
  if (plaintext === true) {
    const elsewhere = addresses.filter(address => !isPlain(address))
    if (elsewhere.length > 0)
      tell(
        'warning',
        `no encryption with ${elsewhere.map(showServer).join(', ')} (--plaintext): anyone between you and the server can read and change everything, and take over your session`,
      )
    return success(() => undefined)
  }
  const authorities = ca === undefined ? success(undefined) : readAuthorities(ca)
  if (!authorities.ok) return authorities
  const known = new KnownServers(knownServers)
  const trusts = new Map<string, Trust>()
  return success(({ identity, isTold }) => {
    // Not by where the connection goes: DNS could lead a name to this machine.
    if (isPlain(identity)) return undefined
    const key = `${isTold ? 'told ' : ''}${showServer(identity)}`
    const { host, port } = identity
    const flags = { known, fingerprint, ca: authorities.value, tell }
    const trust = trusts.get(key) ?? new Trust({ ...flags, host, port, isTold, sameServer: addresses })
    trusts.set(key, trust)
    return trust
  })
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
