/**
 * The screen's state outside React. Keys change it at once. Arrivals from the server are gathered, so that a flood
 * costs a few frames a second and never delays a key.
 */

import type { ChatClient, ClientEvent } from '../../client/client.ts'
import type { Composed } from '../../client/drafts.ts'
import type { ScreenEvent } from '../model/event.ts'
import { composedOf, type ScreenState, type Size } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { type Frame, frameAfterTyping, frameOf } from '../select/frame.ts'
import { roomLabel } from '../select/roomLabel.ts'
import { titleOf } from '../select/title.ts'
import { type CleanText, clean, cleanLine, cleanText, joinClean } from '../text/clean.ts'
import { callOf } from '../update/calls.ts'
import { update, wakeAt } from '../update/update.ts'
import { runEffect, type TerminalActions } from './effects.ts'

/** The frame that the view draws now. */
export type Snapshot = { readonly frame: Frame | undefined; readonly size: Size }

/** Arrivals within this time, ms, share one frame. Short enough to look immediate, long enough to leave time for keys. */
const GATHER_MS = 40
/** When frames are slow (a large terminal, a busy machine), arrivals wait this many times the cost of the last frame. */
const GATHER_FRAMES = 3
/** Arrivals wait at most this long, ms. */
const GATHER_MOST_MS = 300
/** Ticks come no faster than this, ms, also if the clock was set back. */
const LEAST_TICK_MS = 50

/** What a store works with. */
export type StoreOptions = {
  readonly client: ChatClient
  readonly clock: World['clock']
  readonly now: () => number
  readonly actions: TerminalActions
  /** Called when the list of rooms or the current one changed. */
  readonly onRoomsChanged: (rooms: readonly string[], current: string | undefined) => void
  /** Called when the draft or the sent texts of a room changed. */
  readonly onComposed: (room: string, composed: Composed) => void
}

/** The one owner of the screen's state. */
export class Store {
  readonly #options: StoreOptions
  #world: World
  #state: ScreenState
  #snapshot: Snapshot
  readonly #listeners = new Set<() => void>()
  readonly #unsubscribe: () => void
  #gathering: NodeJS.Timeout | undefined
  /** Whether arrivals changed the client since the last whole frame. */
  #hasArrivals = false
  /** Whether effects of the screen changed the client since the last whole frame. */
  #hasOwnChanges = false
  /** The state of the last frame. */
  #drawn: ScreenState | undefined
  /** The time from the last frame's start until the terminal had it, ms. */
  #frameCost = 0
  #isClosed = false
  #ticking: NodeJS.Timeout | undefined
  /** When the next tick is due; our clock, ms. */
  #tickDue: number | undefined
  #rooms = ''
  #title: CleanText | undefined
  /** Nested dispatches: effects dispatch too, and only the outermost dispatch draws. */
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

  /** Applies an event, runs its effects, and draws. */
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

  /** Shows times and days of another clock from now on. */
  setClock(clock: World['clock']): void {
    this.#world = { ...this.#world, clock }
    // Every row may change, so typing cannot redraw only the composer.
    this.#hasOwnChanges = true
    this.dispatch({ type: 'tick' })
  }

  /** Lays all rows out again, since characters have other widths than before. */
  measureAgain(): void {
    // Rows are kept by the clock: with a copy of it all are made again.
    this.setClock({ ...this.#world.clock })
  }

  /** Stops the timers and the subscription. */
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
    if (event.type === 'message') {
      const { seq, from, message: text = '' } = event.event
      // The state may be of long ago: nothing has happened since.
      const present = { ...this.#state, now: this.#options.now() }
      const call = callOf(present, event.room, { seq, from, text, isMention: event.mention })
      if (call !== undefined) this.dispatch(call)
    } else if (event.type === 'moved') this.dispatch(event)
    else if (event.type === 'renamed') {
      const { key, kind } = event.room
      const before = roomLabel({ kind, title: event.before })
      const lines = [clean`${before} is called ${roomLabel(event.room)} now`]
      this.dispatch({ type: 'remark', room: key, tone: 'info', lines })
    } else if (event.type === 'notice') {
      const lines = [clean`the server says: ${cleanLine(event.message)}`]
      this.dispatch({ type: 'remark', room: undefined, tone: 'info', lines })
    } else if (event.type === 'error') {
      const lines = [joinClean(cleanText(event.message).split('\n').map(cleanLine))]
      this.dispatch({ type: 'remark', room: event.room, tone: 'error', lines })
    }
    if (this.#depth === 0) this.#gather()
  }

  /** Shows the first arrival of a flood in this tick, and the others together later. */
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
    // React and Ink draw before this callback runs.
    setImmediate(() => {
      this.#frameCost = performance.now() - begun
    })
    this.#tellRooms()
    this.#tellTitle()
    this.#tick()
  }

  #frame(): Frame | undefined {
    const { frame } = this.#snapshot
    const drawn = this.#drawn
    this.#drawn = this.#state
    // While arrivals are gathered, typing redraws only the composer and the status line.
    const typed =
      this.#hasArrivals && !this.#hasOwnChanges && frame !== undefined && drawn !== undefined
        ? frameAfterTyping(frame, drawn, this.#state, this.#world)
        : undefined
    if (typed !== undefined) return typed
    // A whole frame shows all arrivals.
    this.#hasArrivals = false
    this.#hasOwnChanges = false
    return frameOf(this.#state, this.#world)
  }

  /** Ticks when the state asks for it: an idle screen costs nothing. */
  #tick(): void {
    const due = wakeAt(this.#state, this.#world)
    if (due === this.#tickDue || this.#isClosed) return
    this.#tickDue = due
    clearTimeout(this.#ticking)
    if (due === undefined) return
    const wait = Math.max(LEAST_TICK_MS, due - this.#options.now())
    this.#ticking = setTimeout(() => {
      this.#tickDue = undefined
      this.dispatch({ type: 'tick' })
    }, wait)
  }

  #tellComposed(before: ScreenState, after: ScreenState): void {
    if (before.rooms === after.rooms) return
    for (const [key, room] of after.rooms) {
      const was = before.rooms.get(key)
      if (
        was === room ||
        (was?.editor.text === room.editor.text && was.history === room.history && was.about === room.about)
      )
        continue
      this.#options.onComposed(key, composedOf(room))
    }
  }

  #tellTitle(): void {
    const title = titleOf(this.#state, this.#world)
    if (title === this.#title) return
    this.#title = title
    this.#options.actions.title?.(title)
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
