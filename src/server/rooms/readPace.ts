import { type Result, success } from '../../protocol/errors.ts'
import type { Session } from './heldSession.ts'

/** A read position of a room is stored no sooner than this after the one before, ms. */
const PACE = 1_000
/** So many positions of a room wait for one that is stored; the connections that send more are read later. */
const MOST_WAITING = 100

/** A read position that is to be stored. */
export interface ReadMove {
  /** Stores it; resolves when it is durable, or refused. */
  readonly store: () => Promise<Result<undefined>>
  /** It is not stored: a later one came. */
  readonly drop: () => void
}

interface Waiting {
  move: ReadMove
  /** Who waits for it, and for those that it took the place of. */
  readonly settled: ((result: Result<undefined>) => void)[]
}

interface Turn {
  readonly timer: NodeJS.Timeout
  waiting: Waiting | undefined
}

/**
 * Stores the first read position of a room at once, and then one a second, the newest: a client that reads fast does not fill the
 * log. Each is answered when it is stored, or one that came after it.
 */
export class ReadPace {
  /** By session and room, while its next position has to wait. */
  readonly #turns = new Map<string, Turn>()
  #isEnding = false

  /** Whether a position would wait, and its connection can be read on meanwhile. */
  isPaced(key: string): boolean {
    const turn = this.#turns.get(key)
    return turn !== undefined && (turn.waiting?.settled.length ?? 0) < MOST_WAITING
  }

  /** Has a position stored; resolves when it, or a later one, is durable, or refused. @param key the session and the room */
  move(key: string, move: ReadMove): Promise<Result<undefined>> {
    const turn = this.#turns.get(key)
    if (turn === undefined) {
      if (!this.#isEnding) this.#begin(key)
      return move.store()
    }
    return new Promise(resolve => {
      if (turn.waiting === undefined) turn.waiting = { move, settled: [resolve] }
      else {
        turn.waiting.move.drop()
        turn.waiting.move = move
        turn.waiting.settled.push(resolve)
      }
    })
  }

  /** Something that came later changed the room: what waits stands as if it had come just before. */
  overtaken(key: string): void {
    const turn = this.#turns.get(key)
    const waiting = turn?.waiting
    if (turn === undefined || waiting === undefined) return
    turn.waiting = undefined
    waiting.move.drop()
    for (const settled of waiting.settled) settled(success(undefined))
  }

  /** Stores what waits; from then on nothing does. */
  end(): void {
    this.#isEnding = true
    for (const { timer, waiting } of this.#turns.values()) {
      clearTimeout(timer)
      if (waiting !== undefined) store(waiting)
    }
    this.#turns.clear()
  }

  #begin(key: string): void {
    this.#turns.set(key, { timer: setTimeout(() => this.#next(key), PACE), waiting: undefined })
  }

  #next(key: string): void {
    const waiting = this.#turns.get(key)?.waiting
    this.#turns.delete(key)
    if (waiting === undefined) return
    this.#begin(key)
    store(waiting)
  }
}

function store({ move, settled }: Waiting): void {
  void move.store().then(result => {
    for (const settle of settled) settle(result)
  })
}

/** The key of the turns of a session in a room. */
export function paceKey({ number }: Pick<Session, 'number'>, roomKey: string): string {
  return `${number} ${roomKey}`
}
