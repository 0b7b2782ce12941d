/** Of so many names it is known which session had them last. */
const KEPT = 10_000

/** Which session had a name (folded) last, here or at another daemon. */
export class NameHolders {
  /** The number of the session by name; the one noted last is last. */
  readonly #holders = new Map<string, number>()

  /** A session has a name. */
  note({ number, person }: { readonly number: number; readonly person: string }): void {
    this.#holders.delete(person)
    this.#holders.set(person, number)
    const oldest = this.#holders.keys().next()
    if (this.#holders.size > KEPT && !oldest.done) this.#holders.delete(oldest.value)
  }

  /** The number of the session that had a name last; undefined where that is not known. */
  of(person: string): number | undefined {
    return this.#holders.get(person)
  }

  /** Others may have had any name meanwhile, at other daemons that were not heard. */
  forgetAll(): void {
    this.#holders.clear()
  }
}
