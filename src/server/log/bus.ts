/** How the daemons of one shared log talk beside it: what they say passes, and is not kept. */
export interface Bus {
  /** Whether a broker is connected. What is sent otherwise is lost. */
  readonly isUp: boolean
  readonly keys: Keys
  /** Hears what is sent to all, and what is sent to this daemon alone. Called once, before anything is sent. */
  listen(daemon: string, listener: BusListener): void
  /** Sends to all daemons, this one too. */
  tellAll(text: string): void
  /** Sends to one daemon. */
  tell(daemon: string, text: string): void
  /** Goes to another broker, where there is one: the present one may be cut off from the others and not know it. */
  leaveBroker(): void
  /** Closes, once all that was sent is on its way. */
  close(): Promise<void>
}

/** What a {@link Bus} tells. */
export interface BusListener {
  readonly heard: (text: string) => void
  /** A broker is connected again; what was sent meanwhile is lost. */
  readonly returned: () => void
}

/** A value and its revision. */
export interface KeyValue {
  readonly value: string
  readonly revision: number
}

/** Keys of which each change names the revision that it replaces. Each operation rejects where no broker decides in time. */
export interface Keys {
  get(key: string): Promise<KeyValue | undefined>
  /** Sets a key; its new revision. Undefined where the key has another revision than this. @param revision 0: it has none */
  put(key: string, value: string, revision: number): Promise<number | undefined>
  /** Removes a key; false where it has another revision. */
  delete(key: string, revision: number): Promise<boolean>
  /** Makes the place of the keys where there is none; true where keys that this daemon has put are lost. */
  check(): Promise<boolean>
}
