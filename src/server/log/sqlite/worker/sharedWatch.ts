import type { Stream } from '../../stream.ts'
import type { SharedFigures } from '../../watched.ts'

const TELL_EVERY = 1_000
/** The end of the stream is asked for at every so many tellings. */
const ASK_EVERY = 5

/** What the log itself knows of how it follows its stream. */
export interface SharedState {
  readonly checkpoint: number
  readonly holes: number
  readonly halted: string | undefined
  readonly inFlight: number
}

/** Looks at how a daemon follows its stream, and tells it every second. */
export class SharedWatch {
  readonly #stream: Pick<Stream, 'end' | 'connection'>
  readonly #state: () => SharedState
  readonly #tell: (figures: SharedFigures) => void
  #timer: NodeJS.Timeout | undefined
  #ticks = 0
  #checkpoint = 0
  #progressAt = performance.now()
  #last = 0
  #replicas = 0
  #currentReplicas = 0

  constructor(
    stream: Pick<Stream, 'end' | 'connection'>,
    state: () => SharedState,
    tell: (figures: SharedFigures) => void,
  ) {
    this.#stream = stream
    this.#state = state
    this.#tell = tell
  }

  /** Resolves when it has told once: a daemon that catches up can say how far it is. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => {
      if (++this.#ticks % ASK_EVERY === 0) void this.#ask()
      this.tell()
    }, TELL_EVERY)
    await this.#ask()
    this.tell()
  }

  /** Tells how it is now. */
  tell(): void {
    const { checkpoint, holes, halted, inFlight } = this.#state()
    if (checkpoint !== this.#checkpoint) this.#progressAt = performance.now()
    this.#checkpoint = checkpoint
    this.#tell({
      ...this.#stream.connection,
      lag: Math.max(0, this.#last - checkpoint),
      sinceProgress: performance.now() - this.#progressAt,
      holes,
      halted,
      inFlight,
      replicas: this.#replicas,
      currentReplicas: this.#currentReplicas,
    })
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #ask(): Promise<void> {
    try {
      const { last, replicas, currentReplicas } = await this.#stream.end()
      this.#last = last
      this.#replicas = replicas
      this.#currentReplicas = currentReplicas
      if (last <= this.#state().checkpoint) this.#progressAt = performance.now()
    } catch {
      // Without a leader it stays as it was seen, and the time since then grows.
      this.#currentReplicas = 0
    }
  }
}
