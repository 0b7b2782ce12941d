import { X509Certificate } from 'node:crypto'
import { hostname } from 'node:os'
import type { Result } from '../../protocol/errors.ts'
import { showInviteLink } from '../../protocol/inviteLink.ts'
import { DEFAULT_PORT } from '../../protocol/limits.ts'
import { isLoopback } from '../../protocol/loopback.ts'
import type { ListenAddress } from '../settings.ts'
import type { KeyPair } from '../tls/keyPair.ts'

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Where invitations lead: the address of this server for its clients, and the key that they pin. */
export class InviteAddress {
  readonly #names: readonly string[]
  readonly #addresses: () => readonly ListenAddress[]
  readonly #keyPair: () => Result<KeyPair, string>

  /**
   * @param names those of `--name`
   * @param addresses where the server listens
   * @param keyPair the certificate that clients see
   */
  constructor(
    names: readonly string[],
    addresses: () => readonly ListenAddress[],
    keyPair: () => Result<KeyPair, string>,
  ) {
    this.#names = names
    this.#addresses = addresses
    this.#keyPair = keyPair
  }

  /** The link with a code. A certificate of an authority needs no pin, and clients of this machine speak no TLS. */
  linkTo(code: string): string {
    const ports = this.#addresses().flatMap(address => ('host' in address ? [address] : []))
    const shown = ports.find(address => !isLoopback(address.host)) ?? ports[0]
    const own = shown === undefined || EVERYWHERE.has(shown.host) ? hostname() : shown.host
    const host = this.#names[0] ?? own
    const pair = isLoopback(host) ? undefined : this.#keyPair()
    const fingerprint = pair?.ok === true && isSelfMade(pair.value) ? pair.value.fingerprint : undefined
    return showInviteLink({ host, port: shown?.port ?? DEFAULT_PORT, code, fingerprint })
  }
}

function isSelfMade({ certificate }: KeyPair): boolean {
  const { subject, issuer } = new X509Certificate(certificate)
  return subject === issuer
}
