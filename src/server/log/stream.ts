/** What a shared log needs of the engine that orders it. A few operations hide which engine that is. */

/** One message of a stream: an envelope, or what stands for one of which a text was erased. */
export interface StreamMessage {
  /** Its place in the stream: 1 for the first, and each follows the one before. */
  readonly position: number
  /** When the engine took it, ms since 1970. */
  readonly ts: number
  /** The position of the message that this one stands for; undefined: it stands for itself. */
  readonly replaces: number | undefined
  readonly data: Uint8Array
}

/** Where a stream begins and ends. */
export interface StreamEnd {
  /** The position of the oldest message that is kept. */
  readonly first: number
  /** The position of the newest message; 0: there never was one. */
  readonly last: number
  /** When the stream was made, as the engine writes it: another stream of the same name has another time. */
  readonly made: string
  /** How many replicas it has, and how many of them have everything. */
  readonly replicas: number
  readonly currentReplicas: number
}

/** The connection to a stream. */
export interface StreamConnection {
  /** Where it is connected, `host:port`; undefined: nowhere. */
  readonly broker: string | undefined
  /** How often it was made again. */
  readonly reconnects: number
}

/** What a {@link Tail} tells. */
export interface TailListener {
  /**
   * Called whenever the tail begins, also again after a break, before it gives a message. False ends the tail. It may reject
   * where the engine does not answer: then the tail tries again.
   */
  readonly began: () => Promise<boolean>
  /** The next message; the positions of two that follow each other do too, but for holes that were told. */
  readonly message: (message: StreamMessage) => void
  /** There are no messages at these positions, both inclusive, as this reader sees the stream. */
  readonly hole: (from: number, to: number) => void
  /** Resolves when more messages may come. */
  readonly ready: () => Promise<void>
}

/** A reader of a stream that goes on through every break until it is ended. */
export interface Tail {
  end(): void
}

/** An ordered, replicated list of messages. Each operation may reject with a sentence; the caller tries again. */
export interface Stream {
  /** Adds an envelope; its position. An id that was used of late gives the position of the first. */
  publish(data: Uint8Array, id: string): Promise<number>
  /** Reads everything from a position on. */
  tail(from: number, listener: TailListener): Tail
  /** The message at a position, or the one that stands for it; undefined where no replica has either. */
  get(position: number): Promise<StreamMessage | undefined>
  /** Puts another text in the place of a message, then erases the message. */
  replace(position: number, data: Uint8Array): Promise<void>
  /** Where the stream begins and ends. Rejects with {@link StreamGone} where there is none. */
  end(): Promise<StreamEnd>
  /** The connection as it is now. */
  readonly connection: StreamConnection
  /** The position up to which messages may be gone, since a base that is stored has them. */
  trimmed(): Promise<number>
  close(): Promise<void>
}

/** The engine says that there is no such stream. */
export class StreamGone extends Error {
  override readonly name = 'StreamGone'
}

/** A stream cannot be used; the message is a sentence that says what to do. */
export class UnusableStream extends Error {
  override readonly name = 'UnusableStream'
}
