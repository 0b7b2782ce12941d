import type { Rooms } from './rooms.ts'

/** Changed rooms are saved to the cache after this, ms. */
const KEEP_AFTER_MS = 2_000
/** Rooms that are not shown are restored from the cache after this, ms. */
const RESTORE_AFTER_MS = 500

/** Decides when rooms are saved to the cache, and when those that are not shown are restored from it. */
export class CacheTimer {
  readonly #rooms: Rooms
  readonly #hasCache: boolean
  #keeping: NodeJS.Timeout | undefined
  #restoring: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(rooms: Rooms, hasCache: boolean) {
    this.#rooms = rooms
    this.#hasCache = hasCache
  }

  /** The client starts: rooms that are not joined soon, as without a connection, can be read from the cache. */
  started(): void {
    this.#restoring = setTimeout(() => {
      for (const room of this.#rooms.values()) this.#rooms.restore(room)
    }, RESTORE_AFTER_MS)
  }

  /** A room changed: it is saved a little later. */
  changed(): void {
    if (!this.#hasCache || this.#isClosed) return
    this.#keeping ??= setTimeout(() => {
      this.#keeping = undefined
      this.#rooms.keep()
    }, KEEP_AFTER_MS)
  }

  /** Saves what changed, and stops. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#keeping)
    clearTimeout(this.#restoring)
    this.#rooms.keep()
  }
}
