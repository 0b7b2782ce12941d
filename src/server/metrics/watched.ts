import type { Daemon } from '../daemon.ts'
import type { Durations } from '../durations.ts'
import type { WatchedLog } from '../log/watched.ts'
import type { KeyPair } from '../tls/keyPair.ts'

/** What is watched of a daemon. */
export interface Watched {
  /** The data directory. */
  readonly directory: string
  /** The directory of backups: a reload can change it. */
  readonly backups: () => string
  /** Undefined while it is being opened. */
  readonly log: WatchedLog | undefined
  /** Undefined while it starts. */
  readonly daemon: Daemon | undefined
  /** The certificate that new connections get; undefined: none was needed yet. */
  readonly certificate: () => KeyPair | undefined
  /** How late the event loop was. */
  readonly loopDelays: Durations
  /** Whether the configuration and the certificate were taken at the last reload. */
  readonly isReloadGood: boolean
}
