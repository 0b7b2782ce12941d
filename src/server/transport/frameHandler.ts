import type { Decoded } from '../../protocol/codec.ts'
import type { Request } from '../../protocol/requests.ts'
import type { Share } from '../shares.ts'

/** Handles the frames of one connection, and hears what becomes of it; see `Client`. */
export interface FrameHandler {
  /** Handles one line. A promise holds the next line back until it is fulfilled. */
  take(decoded: Decoded<Request>): Promise<void> | undefined
  /** Whose turn its lines take. */
  readonly share: Share
  /** True while answers are still to come: a closed sending side waits for them. */
  readonly isBusy: boolean
  /** True for a full client, which must send a sign of life. */
  readonly isFull: boolean
  readonly hasConnected: boolean
  /** When a connection that was asked for a credential must be in, by `performance.now()`; undefined: it was not. */
  readonly mayConnectUntil: number | undefined
  /** The name of its user, also after it has left; undefined: it never connected. */
  readonly shownName: string | undefined
  /** A request of this connection failed by a bug: logs it, tells the client and closes the connection. */
  broke(error: unknown, request: Decoded<Request> | undefined): void
  /** The peer sent nothing for too long. */
  fellSilent(): void
  /** No `connect` came in time. */
  neverConnected(): void
  behindChanged(behind: boolean): void
  /** The socket is gone. */
  gone(): void
}
