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
 */
export function farewell(n: number, isQueued: boolean): Line {
  return Line.of({
    action: 'bye',
    reason: 'shutting_down',
    message: 'the server is stopping',
    retryAfter: (isQueued ? QUEUED_MS : RESTART_MS) + ((n * EACH_MS) % SPREAD_MS),
  })
}
