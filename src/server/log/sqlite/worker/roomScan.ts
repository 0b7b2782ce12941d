import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { foldText } from '../../../../protocol/foldedText.ts'
import { holdsTerms, type SearchTerm } from '../../../../protocol/searchTerms.ts'
import { integer, text } from '../columns.ts'
import type { ScanProgress } from '../messages.ts'
import { seqsOfRoom } from '../roomSeqs.ts'

/** Events of one room that a slice takes at most. */
const OF_ROOM = 256
/** About how many events of all rooms a slice should have: some 2 ms. */
const WANTED = 256
/** After so many events a scan has an idea of how common its words are. */
const ENOUGH = 256
/**
 * The index takes as long for its first answer as a scan for this many events, where words are common: 40 ms in a log of a
 * million events, since it begins by opening the whole list of each gram.
 */
const WORTH = 5_000
/** Positions of the first slice: as many events at most, however busy the rooms are. */
const FIRST_WINDOW = 2_000

/** What a scan looks for: words, or what one person (a number) said. */
export interface Sought {
  readonly terms: readonly SearchTerm[]
  readonly author: number | undefined
}

/**
 * Finds the newest messages of some rooms without the index of words. Where the words are common in these rooms, or the rooms
 * have few messages, this is far faster. Belongs to a reading connection with a tail.
 */
export class RoomScan {
  readonly #seqs: StatementSync
  readonly #message: StatementSync

  constructor(database: DatabaseSync) {
    this.#seqs = database.prepare(`${seqsOfRoom('DESC')} LIMIT ${OF_ROOM}`)
    this.#message = database.prepare(
      "SELECT author, text FROM events WHERE seq = ? AND action = 'chat' AND text IS NOT NULL",
    )
  }

  /** A scan that begins before a position. */
  static begin(from: number): ScanProgress {
    return { from, looked: 0, window: FIRST_WINDOW }
  }

  /** The events of rooms (numbers) in the next positions below `before`, the newest first, and where the next slice begins. */
  slice(
    rooms: readonly number[],
    before: number,
    { window }: ScanProgress,
  ): { seqs: number[]; lowest: number } {
    let lowest = Math.max(0, before - window)
    const seqs: number[] = []
    for (const room of rooms) {
      const rows = this.#seqs.all(room, lowest - 1, before - 1).map(row => integer(row, 'seq'))
      // Where a room has more, the slice ends with the last that was read of it.
      if (rows.length === OF_ROOM) lowest = Math.max(lowest, rows.at(-1) ?? 0)
      seqs.push(...rows)
    }
    return { seqs: seqs.filter(seq => seq >= lowest).sort((a, b) => b - a), lowest }
  }

  /** Whether a message holds what is sought; false for what is no message, or is deleted. */
  holds(seq: number, { terms, author }: Sought): boolean {
    const row = this.#message.get(seq)
    if (row === undefined || (author !== undefined && integer(row, 'author') !== author)) return false
    return holdsTerms(foldText(text(row, 'text')), terms)
  }

  /**
   * How the scan goes on after a slice down to `lowest` with so many events; undefined where the index is faster.
   * @param found hits until now
   * @param wanted hits that end the search
   */
  next(
    scan: ScanProgress,
    lowest: number,
    events: number,
    found: number,
    wanted: number,
  ): ScanProgress | undefined {
    const looked = scan.looked + events
    const passed = scan.from - lowest
    const leftInRooms = (looked / passed) * lowest
    const leftForHits = found === 0 ? Number.POSITIVE_INFINITY : (looked / found) * (wanted - found)
    if (looked >= ENOUGH && Math.min(leftInRooms, leftForHits) > WORTH) return undefined
    const density = Math.max(looked, 1) / passed
    const window = Math.round(Math.min(WANTED / density, scan.window * 8))
    return { from: scan.from, looked, window: Math.max(window, 1) }
  }
}
