import type { Socket } from 'node:net'

/** An idle peer is asked for a sign of life after this, and is gone when it gives none to {@link PROBES} of them; ms. */
const KEEPALIVE_AFTER = 30_000
const KEEPALIVE_EVERY = 5_000
const PROBES = 3
/** The same where another connection may be in its place. */
const PROBE_EVERY = 1_000
const DOUBTED_UNANSWERED = 2_000
/** How long a doubt lasts, ms. */
const DOUBT = 10_000

/** Whether the machine at the other end of a socket is still there: the kernel probes it, sooner while it is doubted. */
export class LinkDoubt {
  readonly #socket: Socket
  readonly #unansweredAfter: number
  /** Since when the peer acknowledges nothing, although bytes are sent to it again and again. */
  #unansweredSince: number | undefined
  #until = 0

  /** @param unansweredAfter how long a machine may acknowledge nothing, ms */
  constructor(socket: Socket, unansweredAfter: number) {
    this.#socket = socket
    this.#unansweredAfter = unansweredAfter
  }

  /** Has the kernel probe an idle peer. */
  probeIdle(): void {
    this.#socket.setKeepAlive(true, KEEPALIVE_AFTER, KEEPALIVE_EVERY, PROBES)
  }

  /** For some seconds: ends the link soon where its machine answers nothing. */
  begin(): void {
    this.#until = performance.now() + DOUBT
    this.#socket.setKeepAlive(true, PROBE_EVERY, PROBE_EVERY, PROBES)
  }

  /** Whether the machine has answered nothing for too long; see `WatchedLink.answers`. */
  isVanished(isAnswering: boolean, now: number): boolean {
    if (isAnswering) {
      this.#unansweredSince = undefined
      return false
    }
    this.#unansweredSince ??= now
    return now - this.#unansweredSince >= (now < this.#until ? DOUBTED_UNANSWERED : this.#unansweredAfter)
  }

  /** Ends a doubt that has lasted long enough; for calling about once a second. */
  sweep(now: number): void {
    if (this.#until === 0 || now <= this.#until) return
    this.#until = 0
    this.probeIdle()
  }
}
