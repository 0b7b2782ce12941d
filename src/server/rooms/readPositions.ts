/** A change that is on its way to the log; undefined: the room goes from the list. */
interface Moving {
  readonly seq: number | undefined
}

/** A room with changes on their way. */
interface MovingRoom {
  /** What the log has; undefined: it does not list the room. */
  logged: number | undefined
  /** In the order in which they were made. */
  readonly moving: Moving[]
}

/**
 * The list of rooms of a session, each with its read position. What this daemon changes shows before the log has it. Several
 * daemons may change one session: in the end each shows what the log applied last.
 */
export class ReadPositions {
  /** As clients are to see them. */
  readonly shown: ReadonlyMap<string, number>
  readonly #shown: Map<string, number>
  readonly #moving = new Map<string, MovingRoom>()

  /** @param logged what the log has */
  constructor(logged: ReadonlyMap<string, number>) {
    this.#shown = new Map(logged)
    this.shown = this.#shown
  }

  /**
   * Shows a change that goes to the log; undefined: the room goes from the list. The function that is returned is to be called once,
   * when the log has told of the change, or refused it.
   */
  move(roomKey: string, seq: number | undefined): () => void {
    const room = this.#moving.get(roomKey) ?? { logged: this.#shown.get(roomKey), moving: [] }
    const one: Moving = { seq }
    room.moving.push(one)
    this.#moving.set(roomKey, room)
    this.#show(roomKey, seq)
    return () => {
      room.moving.splice(room.moving.indexOf(one), 1)
      if (this.#moving.get(roomKey) !== room) return
      const newest = room.moving.at(-1)
      if (newest === undefined) this.#moving.delete(roomKey)
      this.#show(roomKey, newest === undefined ? room.logged : newest.seq)
    }
  }

  /** Whether the log lists a room. */
  isLogged(roomKey: string): boolean {
    const room = this.#moving.get(roomKey)
    return room === undefined ? this.#shown.has(roomKey) : room.logged !== undefined
  }

  /** The log has applied a change of this or of another daemon. True where something else shows now. */
  applied(roomKey: string, seq: number | undefined): boolean {
    const room = this.#moving.get(roomKey)
    if (room !== undefined) room.logged = seq
    if (room !== undefined || this.#shown.get(roomKey) === seq) return false
    this.#show(roomKey, seq)
    return true
  }

  /** The room was deleted: what is on its way to it changes nothing. */
  drop(roomKey: string): void {
    this.#moving.delete(roomKey)
    this.#shown.delete(roomKey)
  }

  #show(roomKey: string, seq: number | undefined): void {
    if (seq === undefined) this.#shown.delete(roomKey)
    else this.#shown.set(roomKey, seq)
  }
}
