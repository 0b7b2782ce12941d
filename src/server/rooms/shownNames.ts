import { skeletonOf } from '../log/skeleton.ts'

/** Things that have a key, and a name as it is shown. */
interface Named {
  readonly key: string
  readonly name: string
}

/** The names of things that are in memory, as they are shown: finds one that people would take for another. */
export class ShownNames {
  readonly #bySkeleton = new Map<string, Set<Named>>()

  /** Adds a thing. Its name must stay the same until {@link remove}. */
  add(named: Named): void {
    const skeleton = skeletonOf(named.name)
    this.#bySkeleton.set(skeleton, (this.#bySkeleton.get(skeleton) ?? new Set()).add(named))
  }

  remove(named: Named): void {
    const skeleton = skeletonOf(named.name)
    const alike = this.#bySkeleton.get(skeleton)
    alike?.delete(named)
    if (alike?.size === 0) this.#bySkeleton.delete(skeleton)
  }

  /** The name of a thing that has another key and looks like this name. */
  lookalike(key: string, name: string): string | undefined {
    for (const named of this.#bySkeleton.get(skeletonOf(name)) ?? []) if (named.key !== key) return named.name
    return undefined
  }
}
