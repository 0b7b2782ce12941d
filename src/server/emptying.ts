/** Waits until something is empty. */
export class Emptying {
  readonly #isEmpty: () => boolean
  #emptied: (() => void) | undefined

  constructor(isEmpty: () => boolean) {
    this.#isEmpty = isEmpty
  }

  /** It may be empty now. */
  note(): void {
    if (this.#isEmpty()) this.#emptied?.()
  }

  /** Resolves when it is empty, or after a time, ms. */
  within(ms: number): Promise<void> {
    if (this.#isEmpty()) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#emptied = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
