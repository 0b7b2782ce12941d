/** Whom a piece of work is for. Work is done in turns over addresses, and within an address over its people. */
export interface Share {
  /** A group of addresses, or an account, which has a share of its own wherever it comes from. */
  readonly address: string
  /** A folded name, or another name of one connection before it has one. */
  readonly person: string
}

/** The share of the operator, and of the server's own work. */
export const OWN_SHARE: Share = { address: '', person: '' }

/** Work of one sort that waits, and what it costs together. */
interface Waiting<T> {
  readonly size: number
  readonly cost: number
  first(): T | undefined
  take(): T | undefined
}

interface Item<T> {
  readonly work: T
  readonly cost: number
}

/** Work in the order in which it came. */
class Line<T> implements Waiting<T> {
  #items: Item<T>[] = []
  #next = 0
  cost = 0

  get size(): number {
    return this.#items.length - this.#next
  }

  add(item: Item<T>): void {
    this.#items.push(item)
    this.cost += item.cost
  }

  first(): T | undefined {
    return this.#items[this.#next]?.work
  }

  take(): T | undefined {
    const item = this.#items[this.#next]
    if (item === undefined) return undefined
    this.#next++
    this.cost -= item.cost
    // Taking from the front of an array moves all of it: it is cut when half of it is taken.
    if (this.#next * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#next)
      this.#next = 0
    }
    return item.work
  }
}

/**
 * Gives turns to those who have work waiting. One that had none before comes first, for one turn: so a person who asks
 * little does not wait for a round over all the others (as in FQ-CoDel, RFC 8290, section 4.2).
 */
class Rotation<W extends Waiting<T>, T> implements Waiting<T> {
  readonly #make: () => W
  readonly #quantum: number
  /** Whose turn it is, and what was taken in it. */
  #current: string | undefined
  #taken = 0
  /** Those that had nothing waiting until now. */
  readonly #new = new Map<string, W>()
  /** The others. One that has just nothing waiting stays until its turn, so that it does not come first again at once. */
  readonly #old = new Map<string, W>()
  /** How many have work waiting. */
  sharers = 0
  size = 0
  cost = 0

  constructor(make: () => W, quantum: number) {
    this.#make = make
    this.#quantum = quantum
  }

  of(key: string): W | undefined {
    return this.#new.get(key) ?? this.#old.get(key)
  }

  add(key: string, cost: number, add: (waiting: W) => void): void {
    let waiting = this.of(key)
    if (waiting === undefined) {
      waiting = this.#make()
      this.#new.set(key, waiting)
    }
    if (waiting.size === 0) this.sharers++
    add(waiting)
    this.size++
    this.cost += cost
  }

  first(): T | undefined {
    return this.#next()?.[1].first()
  }

  take(): T | undefined {
    const next = this.#next()
    if (next === undefined) return undefined
    const [key, waiting] = next
    const before = waiting.cost
    const work = waiting.take()
    const cost = before - waiting.cost
    this.size--
    this.cost -= cost
    this.#taken = key === this.#current ? this.#taken + cost : cost
    this.#current = key
    if (waiting.size > 0 && this.#taken < this.#quantum) return work
    this.#current = undefined
    if (waiting.size === 0) this.sharers--
    this.#new.delete(key)
    this.#old.delete(key)
    this.#old.set(key, waiting)
    return work
  }

  #next(): readonly [string, W] | undefined {
    for (const next of this.#new) return next
    for (const next of this.#old) {
      if (next[1].size > 0) return next
      this.#old.delete(next[0])
    }
    return undefined
  }
}

/** Work that waits, given out in fair turns over addresses, and within each over its people. */
export class FairQueue<T> {
  readonly #addresses: Rotation<Rotation<Line<T>, T>, T>

  /** @param quantum how much one turn takes, in the cost of work; by default one piece of work */
  constructor(quantum = 0) {
    const people = (): Rotation<Line<T>, T> => new Rotation(() => new Line(), quantum)
    this.#addresses = new Rotation(people, quantum)
  }

  /** How much waits. */
  get size(): number {
    return this.#addresses.size
  }

  /** What all that waits costs together. */
  get cost(): number {
    return this.#addresses.cost
  }

  /** Adds work at the end of its share. */
  add({ address, person }: Share, work: T, cost = 1): void {
    const item = { work, cost }
    this.#addresses.add(address, cost, people => people.add(person, cost, line => line.add(item)))
  }

  /** The work that {@link take} gives next. */
  first(): T | undefined {
    return this.#addresses.first()
  }

  /** Takes the work whose turn it is. */
  take(): T | undefined {
    return this.#addresses.take()
  }

  /**
   * Whether a share has as much waiting as the others, or more: its address of all addresses, and the person of those of
   * the address. Work is slowed down there first.
   */
  isHeavy({ address, person }: Share): boolean {
    const people = this.#addresses.of(address)
    const line = people?.of(person)
    if (people === undefined || line === undefined) return false
    return (
      people.cost * this.#addresses.sharers >= this.#addresses.cost &&
      line.cost * people.sharers >= people.cost
    )
  }
}
