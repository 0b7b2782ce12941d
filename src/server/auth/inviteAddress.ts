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
  readonly #host: string
  readonly #port: number
  readonly #keyPair: () => Result<KeyPair, string>

  /**
   * @param names those of `--name`
   * @param keyPair the certificate that clients see
   */
  constructor(
    names: readonly string[],
    listen: readonly ListenAddress[],
    keyPair: () => Result<KeyPair, string>,
  ) {
    const ports = listen.flatMap(address => ('host' in address ? [address] : []))
    const shown = ports.find(({ host }) => !isLoopback(host)) ?? ports[0]
    const own = shown === undefined || EVERYWHERE.has(shown.host) ? hostname() : shown.host
    this.#host = names[0] ?? own
    this.#port = shown?.port ?? DEFAULT_PORT
    this.#keyPair = keyPair
  }

  /** The link with a code. A certificate of an authority needs no pin, and clients of this machine speak no TLS. */
  linkTo(code: string): string {
    const isLocal = isLoopback(this.#host)
    const pair = isLocal ? undefined : this.#keyPair()
    const fingerprint = pair?.ok === true && isSelfMade(pair.value) ? pair.value.fingerprint : undefined
    return showInviteLink({ host: this.#host, port: this.#port, code, fingerprint })
  }
}

function isSelfMade({ certificate }: KeyPair): boolean {
  const { subject, issuer } = new X509Certificate(certificate)
  return subject === issuer
}
