import type { PendingRequests } from './pendingRequests.ts'

/** Keeps leaves from one start of the program to the next. */
export interface LeaveStore {
  /** The kept leaves: the name of the room by its key. */
  leaves(): ReadonlyMap<string, string>
  keepLeave(roomKey: string, name: string): void
  forgetLeave(roomKey: string): void
}

/** Rooms that the user left, until the server has confirmed it. */
export class Leaves {
  readonly #requests: PendingRequests
  readonly #store: LeaveStore | undefined
  /** The name by the key of the room. */
  readonly #names: Map<string, string>
  /** The leaves that the server was asked for, and has not answered. */
  readonly #asked = new Set<string>()

  constructor(requests: PendingRequests, store?: LeaveStore) {
    this.#requests = requests
    this.#store = store
    this.#names = new Map(store?.leaves())
  }

  /** The user leaves a room. */
  add(roomKey: string, name: string): void {
    this.#names.set(roomKey, name)
    this.#store?.keepLeave(roomKey, name)
    this.#asked.delete(roomKey)
    this.send()
  }

  /** The user joins a room again. */
  remove(roomKey: string): void {
    if (this.#names.delete(roomKey)) this.#store?.forgetLeave(roomKey)
  }

  /** Whether a room of this name waits to be left. */
  has(name: string): boolean {
    return [...this.#names.values()].includes(name)
  }

  /** Sends the leaves that the server was not asked for yet. */
  send(): void {
    for (const [key, name] of this.#names) {
      if (this.#asked.has(key)) continue
      this.#asked.add(key)
      void this.#requests.ask({ action: 'leaveroom', room: name }).then(answer => {
        this.#asked.delete(key)
        // A refused leave counts as done; only a lost connection is a reason to try again.
        if (answer.ok || answer.error.code !== 'offline') this.remove(key)
      })
    }
  }
}
