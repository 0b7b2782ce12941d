import { isLoopback } from '../../protocol/loopback.ts'
import type { Logger } from '../logger.ts'
import type { ListenAddress, Settings } from '../settings.ts'
import { fileKeyPair, type KeyPairFiles, versionOf } from './fileKeyPair.ts'
import { ownKeyPair } from './ownKeyPair.ts'
import { type KeyPairSource, TlsServer } from './tlsServer.ts'

/** Addresses that stand for all of a machine, and are no name of it. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** What decides which certificate a daemon shows. */
export interface CertificateOptions {
  /** The data directory. */
  readonly data: string
  readonly listen: readonly ListenAddress[]
  /** Names of this server, for a certificate that chatd makes. */
  readonly names: readonly string[]
  /** Absolute paths; undefined: chatd makes the certificate. */
  readonly files: KeyPairFiles | undefined
  readonly settings: Settings
  readonly logger: Logger
}

/** TLS with the certificate of the flags or, without one, the one that chatd makes for itself. Loads nothing yet. */
export function createTlsServer(options: CertificateOptions): TlsServer {
  const { settings, logger } = options
  return new TlsServer({
    source: sourceOf(options),
    logger,
    handshakeTimeout: settings.connectTimeout,
    pollEvery: settings.certificatePoll,
  })
}

function sourceOf({ data, listen, names, files }: CertificateOptions): KeyPairSource {
  if (files !== undefined) return { load: () => fileKeyPair(files), version: () => versionOf(files) }
  const hosts = listen.flatMap(address =>
    'host' in address && !isLoopback(address.host) && !WILDCARDS.has(address.host) ? [address.host] : [],
  )
  const all = [...new Set([...names, ...hosts])]
  return { load: () => ownKeyPair(data, all) }
}
