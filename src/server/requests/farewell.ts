import { Line } from '../transport/line.ts'

/** About the time of a restart, ms: a client that comes earlier is refused, and waits longer. */
const RESTART_MS = 1_000
/** Likewise where the sockets stay open: a client that comes earlier waits in the kernel, and is among the first. */
const QUEUED_MS = 300
/** About what the return of one client takes, ms, and how far all are spread at most. */
const EACH_MS = 1
const SPREAD_MS = 1_500

/**
 * What a stop tells a client. Each client has another time to return, so that the daemon can serve one after the other, and few
 * wait long.
 * @param n how many clients were told before
 * @param isQueued whether connections wait while the daemon is away, and are not refused
 * @param peers where other daemons serve the same log: they need no time to start
 */
export function farewell(n: number, isQueued: boolean, peers: readonly string[] = []): Line {
  const restart = isQueued ? QUEUED_MS : RESTART_MS
  return Line.of({
    action: 'bye',
    reason: 'shutting_down',
    message: 'the server is stopping',
    retryAfter: (peers.length > 0 ? 0 : restart) + ((n * EACH_MS) % SPREAD_MS),
    ...told(peers),
  })
}

/** What a daemon tells a client that has to go to another one. It tells each client at another time. */
export function drained(peers: readonly string[]): Line {
  const message =
    peers.length > 0 ? 'this daemon hands its users over to another one' : 'this daemon takes no users now'
  return Line.of({ action: 'bye', reason: 'draining', message, retryAfter: 0, ...told(peers) })
}

/** The addresses of other daemons, for a frame. */
export function told(peers: readonly string[]): { readonly peers?: string[] } {
  return peers.length > 0 ? { peers: [...peers] } : {}
}
