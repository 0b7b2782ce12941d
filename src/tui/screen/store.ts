/**
 * The screen's state outside React. Keys change it at once; what arrives from the server is gathered, so that a flood
 * costs a few frames a second and never a key.
 */

import type { ChatClient, ClientEvent } from '../../client/client.ts'
import type { Composed } from '../../client/stateFile.ts'
import type { ScreenEvent } from '../model/event.ts'
import { composedOf, type ScreenState, type Size } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { type Frame, frameAfterTyping, frameOf } from '../select/frame.ts'
import { cleanLine, cleanText, joinClean } from '../text/clean.ts'
import { isCounting, update } from '../update/update.ts'
import { runEffect, type TerminalActions } from './effects.ts'

/** What the view draws, at one moment. */
export type Snapshot = { readonly frame: Frame | undefined; readonly size: Size }

/** Arrivals within this time, ms, are one frame. Short enough to look like now, long enough to leave time for keys. */
const GATHER_MS = 40
/** Where frames are dear (a large terminal, a busy machine), arrivals wait this many times what the last frame took. */
const GATHER_FRAMES = 3
/** But no longer than this, ms. */
const GATHER_MOST_MS = 300
const SECOND = 1000

/** What a store works with. */
export type StoreOptions = {
  readonly client: ChatClient
  readonly clock: World['clock']
  readonly now: () => number
  readonly actions: TerminalActions
  /** Called when the list of rooms or the current one changed. */
  readonly onRoomsChanged: (rooms: readonly string[], current: string | undefined) => void
  /** Called when what stands in the composer of a room changed, or what was sent from it. */
  readonly onComposed: (room: string, composed: Composed) => void
}

/** The one owner of the screen's state. */
export class Store {
  readonly #options: StoreOptions
  readonly #world: World
  #state: ScreenState
  #snapshot: Snapshot
  readonly #listeners = new Set<() => void>()
  readonly #unsubscribe: () => void
  #gathering: NodeJS.Timeout | undefined
  /** Whether the client changed by others since the last whole frame. */
  #hasArrivals = false
  /** Whether it changed by what the screen itself did. */
  #hasOwnChanges = false
  /** The state that was drawn last. */
  #drawn: ScreenState | undefined
  /** What the last frame took, to the terminal; ms. */
  #frameCost = 0
  #isClosed = false
  #ticking: NodeJS.Timeout | undefined
  #rooms = ''
  /** How many dispatches are under way: effects dispatch too, and only the outermost draws. */
  #depth = 0

  constructor(state: ScreenState, options: StoreOptions) {
    this.#options = options
    this.#world = { client: options.client, clock: options.clock }
    this.#state = state
    this.#snapshot = { frame: undefined, size: state.size }
    this.#unsubscribe = options.client.subscribe(event => this.#told(event))
    this.dispatch({ type: 'changed' })
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** For `useSyncExternalStore`. */
  readonly snapshot = (): Snapshot => this.#snapshot

  /** The state now, to be read only. */
  get state(): ScreenState {
    return this.#state
  }

  /** Changes the state by an event, does what follows from it, and draws. */
  dispatch(event: ScreenEvent): void {
    this.#apply(event)
    if (this.#depth === 0) this.#draw()
  }

  /** Applies several events and draws once: a pasted line costs one frame. */
  dispatchAll(events: readonly ScreenEvent[]): void {
    for (const event of events) this.#apply(event)
    if (this.#depth === 0 && events.length > 0) this.#draw()
  }

  #apply(event: ScreenEvent): void {
    const { client, actions, now } = this.#options
    this.#depth++
    const { state, effects } = update(this.#state, event, this.#world, now())
    this.#tellComposed(this.#state, state)
    this.#state = state
    for (const effect of effects) runEffect(effect, client, actions, next => this.dispatch(next))
    this.#depth--
    // What our own effects changed in the client belongs to the same frame.
    if (this.#depth === 0 && this.#hasOwnChanges && event.type !== 'changed') this.#apply({ type: 'changed' })
  }

  /** Stops timers and listening. */
  close(): void {
    this.#isClosed = true
    this.#unsubscribe()
    clearTimeout(this.#gathering)
    clearTimeout(this.#ticking)
    this.#listeners.clear()
  }

  #told(event: ClientEvent): void {
    if (this.#depth > 0) this.#hasOwnChanges = true
    else this.#hasArrivals = true
    if (event.type === 'notice') {
      this.dispatch({ type: 'remark', room: undefined, tone: 'info', lines: [cleanLine(event.message)] })
    } else if (event.type === 'error') {
      const lines = [joinClean(cleanText(event.message).split('\n').map(cleanLine))]
      this.dispatch({ type: 'remark', room: event.room, tone: 'error', lines })
    }
    if (this.#depth === 0) this.#gather()
  }

  /** The first of a flood is shown in this very tick, the others together. */
  #gather(): void {
    if (this.#gathering !== undefined) return
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined
      if (this.#hasArrivals && !this.#isClosed) this.#gather()
    }, this.#gatheringTime())
    queueMicrotask(() => {
      if (!this.#hasArrivals || this.#isClosed) return
      this.#hasArrivals = false
      this.dispatch({ type: 'changed' })
    })
  }

  #gatheringTime(): number {
    return Math.min(GATHER_MOST_MS, Math.max(GATHER_MS, GATHER_FRAMES * this.#frameCost))
  }

  #draw(): void {
    const { size } = this.#state
    const begun = performance.now()
    this.#snapshot = { frame: this.#frame(), size }
    for (const listener of this.#listeners) listener()
    // React and Ink do their part before anything else gets its turn.
    setImmediate(() => {
      this.#frameCost = performance.now() - begun
    })
    this.#tellRooms()
    this.#tick()
  }

  #frame(): Frame | undefined {
    const { frame } = this.#snapshot
    const drawn = this.#drawn
    this.#drawn = this.#state
    // While arrivals are being gathered, typing leaves the timeline as it was drawn last.
    const typed =
      this.#hasArrivals && !this.#hasOwnChanges && frame !== undefined && drawn !== undefined
        ? frameAfterTyping(frame, drawn, this.#state, this.#world)
        : undefined
    if (typed !== undefined) return typed
    // A whole frame is made of the client as it is now.
    this.#hasArrivals = false
    this.#hasOwnChanges = false
    return frameOf(this.#state, this.#world)
  }

  /** A second hand only while something counts: an idle screen costs nothing. */
  #tick(): void {
    if (!isCounting(this.#world)) {
      clearTimeout(this.#ticking)
      this.#ticking = undefined
    } else if (this.#ticking === undefined) {
      this.#ticking = setTimeout(() => {
        this.#ticking = undefined
        this.dispatch({ type: 'tick' })
      }, SECOND)
    }
  }

  #tellComposed(before: ScreenState, after: ScreenState): void {
    if (before.rooms === after.rooms) return
    for (const [key, room] of after.rooms) {
      const was = before.rooms.get(key)
      if (was === room || (was?.editor.text === room.editor.text && was.history === room.history)) continue
      this.#options.onComposed(key, composedOf(room))
    }
  }

  #tellRooms(): void {
    const { client, onRoomsChanged } = this.#options
    const names = [...client.rooms.values()].map(({ name }) => name)
    const current =
      this.#state.current === undefined ? undefined : client.rooms.get(this.#state.current)?.name
    const rooms = JSON.stringify([names, current])
    if (rooms === this.#rooms) return
    this.#rooms = rooms
    onRoomsChanged(names, current)
  }
}
