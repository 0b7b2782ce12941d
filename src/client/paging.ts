import { MAX_PAGE } from '../protocol/limits.ts'
import type { Answer, PendingRequests } from './pendingRequests.ts'
import type { Room } from './room.ts'

/** Events of a page of history. */
const PAGE = 100

/** The bounds of a page of history. */
type Where = { readonly before?: number; readonly after?: number; readonly around?: number }

const at = (seq: number): Where => (seq === 0 ? { after: 0 } : { around: seq })

const DONE = { ok: true, value: undefined } as const

/** What {@link Paging} works with. */
export interface PagingOptions {
  readonly requests: PendingRequests
  /** Whether a room is joined on this connection. */
  readonly isEntered: (room: Room) => boolean
  /** A page of a room came, or was refused. */
  readonly settled: (room: Room) => void
}

/** Loads pages of history into the timelines of rooms. */
export class Paging {
  readonly #options: PagingOptions
  /** The last request for a page before the first entry, of each room. */
  readonly #paging = new WeakMap<Room, Promise<unknown>>()

  constructor(options: PagingOptions) {
    this.#options = options
  }

  /** Loads the page before the first entry, unless one is requested. */
  async loadBefore(room: Room): Promise<void> {
    if (room.loadingBefore || !room.log.moreBefore || !this.#options.isEntered(room)) return
    // The newest page is requested without a bound: a seq beyond the end is not a position.
    const paging = this.#page(room, room.isOpened ? { before: room.log.before } : {}, 'close')
    this.#paging.set(room, paging)
    await paging
  }

  async #page(room: Room, where: Where, fit: 'close' | 'loose'): Promise<Answer<undefined>> {
    room.loadingBefore = true
    room.touch()
    const { epoch } = room
    const page = await this.#ask(room, where, PAGE)
    room.loadingBefore = false
    // The server may have a new log since the request: then the page belongs to no timeline.
    if (page.ok && room.epoch === epoch) {
      room.log.prepend(page.value, fit)
      room.isOpened = true
    }
    this.#options.settled(room)
    room.touch()
    return page.ok ? DONE : page
  }

  #ask(room: Room, where: Where, limit: number) {
    return this.#options.requests.ask({ action: 'history', room: room.name, ...where, limit })
  }

  /** Loads the page around a seq (0: the oldest), unless the timeline holds it. */
  reach(room: Room, seq: number): Promise<Answer<undefined>> {
    // Pages before the first entry are loaded one after the other: each ends where the last one began.
    const reached = (this.#paging.get(room) ?? Promise.resolve()).then(() => this.#reach(room, seq))
    this.#paging.set(room, reached)
    return reached
  }

  async #reach(room: Room, seq: number): Promise<Answer<undefined>> {
    const gap = room.log.gapAround(seq)
    const isBefore = room.log.moreBefore && seq < room.log.before
    if (gap === undefined && !isBefore) return DONE
    if (gap === undefined) return this.#page(room, at(seq), 'loose')
    return this.#fill(room, gap.before, at(seq), 'loose')
  }

  /** Loads the newest page of a gap, or the oldest. */
  async fill(room: Room, gapBefore: number, end: 'newest' | 'oldest' = 'newest'): Promise<void> {
    const gap = room.log.gapBefore(gapBefore)
    if (gap === undefined || gap.loading || gap.reason === 'expired') return
    await (end === 'newest'
      ? this.#fill(room, gapBefore, { before: gapBefore }, 'close')
      : this.#fill(room, gapBefore, { after: gap.after }, 'loose'))
  }

  async #fill(
    room: Room,
    gapBefore: number,
    where: Where,
    fit: 'close' | 'loose',
  ): Promise<Answer<undefined>> {
    room.log.setLoading(gapBefore, true)
    room.touch()
    const { epoch } = room
    const page = await this.#ask(room, where, MAX_PAGE)
    if (room.epoch !== epoch) return DONE
    if (page.ok) room.log.fill(gapBefore, page.value, fit)
    else room.log.setLoading(gapBefore, false)
    room.touch()
    return page.ok ? DONE : page
  }

  /** Fills gaps of missed events at once. Gaps that the server left in a replay wait until the user reaches them. */
  async fillMissed(room: Room): Promise<void> {
    if (!this.#options.isEntered(room)) return
    for (let gap = room.log.nextGap(); gap !== undefined; gap = room.log.nextGap()) {
      const { before } = gap
      await this.fill(room, before)
      // After a refusal or a loss, the next event or the next join tries again.
      if (room.log.gapBefore(before) !== undefined) return
    }
  }
}
