import type { Bus, BusListener, Keys } from '../../../src/server/log/bus.ts'

/** Buses of several daemons in one process, and what goes wrong with them. */
export class MemoryBroker {
  readonly #listening = new Map<MemoryBus, { readonly daemon: string; readonly listener: BusListener }>()
  readonly #keys = new Map<string, { readonly value: string; readonly revision: number }>()
  #revision = 0
  #isWithoutKeys = false

  /** A bus for one more daemon. */
  join(): MemoryBus {
    return new MemoryBus(this)
  }

  /** Has all keys go unanswered, or not. */
  set isWithoutKeys(isWithout: boolean) {
    this.#isWithoutKeys = isWithout
  }

  /** Forgets all keys, as brokers do that restart. */
  loseKeys(): void {
    this.#keys.clear()
    this.#revision = 0
  }

  /** The value of a key. */
  key(key: string): string | undefined {
    return this.#keys.get(key)?.value
  }

  listen(bus: MemoryBus, daemon: string, listener: BusListener): void {
    this.#listening.set(bus, { daemon, listener })
  }

  leave(bus: MemoryBus): void {
    this.#listening.delete(bus)
  }

  publish(text: string, to?: string): void {
    for (const [bus, { daemon, listener }] of this.#listening)
      if (to === undefined || to === daemon)
        setImmediate(() => {
          if (bus.isUp && this.#listening.has(bus) && !bus.misses(text)) listener.heard(text)
        })
  }

  /** The keys, as one bus has them. */
  keysOf(bus: MemoryBus): Keys {
    const answered = async (): Promise<void> => {
      await new Promise(resolve => setImmediate(resolve))
      if (this.#isWithoutKeys || !bus.isUp) throw new Error('no broker answers')
    }
    let highest = 0
    return {
      get: async key => {
        await answered()
        return this.#keys.get(key)
      },
      put: async (key, value, revision) => {
        await answered()
        if ((this.#keys.get(key)?.revision ?? 0) !== revision) return undefined
        highest = ++this.#revision
        this.#keys.set(key, { value, revision: highest })
        return highest
      },
      delete: async (key, revision) => {
        await answered()
        return this.#keys.get(key)?.revision === revision && this.#keys.delete(key)
      },
      check: async () => {
        await answered()
        const isLost = this.#revision < highest
        if (isLost) highest = 0
        return isLost
      },
    }
  }
}

/** The bus of one daemon. */
export class MemoryBus implements Bus {
  readonly keys: Keys
  readonly #broker: MemoryBroker
  #listener: BusListener | undefined
  #isUp = true
  #missed: ((text: string) => boolean) | undefined

  constructor(broker: MemoryBroker) {
    this.#broker = broker
    this.keys = broker.keysOf(this)
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Cuts the daemon off, or connects it again. */
  set isUp(isUp: boolean) {
    const isReturn = isUp && !this.#isUp
    this.#isUp = isUp
    if (isReturn) this.#listener?.returned()
  }

  /** Some of what is sent to this daemon is lost. */
  lose(isLost: ((text: string) => boolean) | undefined): void {
    this.#missed = isLost
  }

  misses(text: string): boolean {
    return this.#missed?.(text) === true
  }

  listen(daemon: string, listener: BusListener): void {
    this.#listener = listener
    this.#broker.listen(this, daemon, listener)
  }

  tellAll(text: string): void {
    if (this.#isUp) this.#broker.publish(text)
  }

  tell(daemon: string, text: string): void {
    if (this.#isUp) this.#broker.publish(text, daemon)
  }

  leaveBroker(): void {
    // There is one.
  }

  close(): Promise<void> {
    this.#broker.leave(this)
    return Promise.resolve()
  }
}
