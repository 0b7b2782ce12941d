import type { Share } from '../../shares.ts'
import type { AuditLine } from '../accounts.ts'
import type {
  Found,
  MentionRange,
  Mentions,
  Missed,
  MissedBounds,
  NewestRoom,
  Page,
  Query,
  Range,
  Unread,
} from '../log.ts'
import type { OwnEvents } from './messages.ts'
import type { ReadQueue } from './readQueue.ts'

/** Rooms in which mentions are looked for in one turn, of some milliseconds. */
const ROOMS_A_TURN = 250
/** What a call takes at most, ms: a long page, one of at most {@link BRIEF_BYTES}, and the count of a room. */
const LONG_MS = 4
const BRIEF_MS = 1
const COUNT_MS = 0.3
const BRIEF_BYTES = 64 * 1024

/** The half of a log that reads, in fair turns. See `Log` and `RoomDirectory` for what each method gives. */
export abstract class LogReading {
  readonly #queue: ReadQueue

  constructor(queue: ReadQueue) {
    this.#queue = queue
  }

  /** Has the writer do what it does behind the commit: index messages, or note the order of rooms. */
  protected abstract prepare(what: 'catchUp' | 'order'): Promise<void>

  read(roomKey: string, range: Range, share?: Share): Promise<Page> {
    const ms = range.maxBytes <= BRIEF_BYTES ? BRIEF_MS : LONG_MS
    return this.#queue.call(share, ms, 'read', roomKey, range)
  }

  missed(roomKey: string, after: number, bounds: MissedBounds, share?: Share): Promise<Missed> {
    return this.#queue.call(share, BRIEF_MS, 'missed', roomKey, after, bounds)
  }

  unread(
    positions: ReadonlyMap<string, number>,
    name: string,
    max: number,
    share?: Share,
  ): Promise<readonly Unread[]> {
    return this.#queue.call(
      share,
      Math.min(LONG_MS, positions.size * COUNT_MS),
      'unread',
      positions,
      name,
      max,
    )
  }

  async mentions(
    person: string,
    roomKeys: readonly string[],
    { before, limit, maxBytes }: MentionRange,
    share?: Share,
  ): Promise<Mentions> {
    let newest: readonly number[] = []
    for (let at = 0; at < roomKeys.length; at += ROOMS_A_TURN) {
      const some = roomKeys.slice(at, at + ROOMS_A_TURN)
      newest = await this.#queue.call(share, LONG_MS, 'mentionSeqs', person, some, {
        before,
        limit: limit + 1,
        newest,
      })
    }
    const events = await this.#queue.call(share, LONG_MS, 'messages', newest.slice(0, limit), maxBytes)
    return { events, more: newest.length > events.length }
  }

  ownEvents(
    person: string,
    session: number | undefined,
    after: number,
    limit: number,
    share?: Share,
  ): Promise<OwnEvents> {
    return this.#queue.call(share, LONG_MS, 'ownEvents', person, session, after, limit)
  }

  async search(query: Query, share?: Share): Promise<Found> {
    // An acknowledged message is found, although the index is filled later.
    await this.prepare('catchUp')
    return this.#queue.search(share, query)
  }

  async newestRooms(
    of: string | undefined,
    before: number,
    limit: number,
    share?: Share,
  ): Promise<readonly NewestRoom[]> {
    await this.prepare('order')
    return this.#queue.call(share, BRIEF_MS, 'newestRooms', of, before, limit)
  }

  audit(before: number | undefined, limit: number): Promise<readonly AuditLine[]> {
    return this.#queue.call(undefined, LONG_MS, 'audit', before, limit)
  }
}
