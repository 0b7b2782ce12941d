/** Functions that are told something, each apart from the others: a throw in one is a bug there, and stops no other one. */
export class Listeners<T> {
  readonly #listeners = new Set<(told: T) => void>()
  readonly #onBug: (error: unknown) => void

  constructor(onBug: (error: unknown) => void) {
    this.#onBug = onBug
  }

  /** Adds a listener; returns the function that takes it away. */
  add(listener: (told: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(told: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(told)
      } catch (error) {
        this.#onBug(error)
      }
    }
  }
}
