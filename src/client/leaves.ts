import type { PendingRequests } from './pendingRequests.ts'

/** Rooms that the user left, until the server has confirmed it. */
export class Leaves {
  readonly #requests: PendingRequests
  /** The name by the key of the room. */
  readonly #names = new Map<string, string>()

  constructor(requests: PendingRequests) {
    this.#requests = requests
  }

  /** The user leaves a room. */
  add(roomKey: string, name: string): void {
    this.#names.set(roomKey, name)
    this.send()
  }

  /** The user joins a room again. */
  remove(roomKey: string): void {
    this.#names.delete(roomKey)
  }

  /** Whether a room of this name waits to be left. */
  has(name: string): boolean {
    return [...this.#names.values()].includes(name)
  }

  /** Sends the leaves that the server has not answered. */
  send(): void {
    for (const [key, name] of this.#names) {
      void this.#requests.ask({ action: 'leaveroom', room: name }).then(answer => {
        // A refused leave counts as done; only a lost connection is a reason to try again.
        if (answer.ok || answer.error.code !== 'offline') this.#names.delete(key)
      })
    }
  }
}
