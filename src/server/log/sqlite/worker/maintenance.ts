import { setImmediate as turn } from 'node:timers/promises'
import type { Refusal } from '../../../../protocol/errors.ts'
import type { Entry, ErasureCursor, MaintenanceEntry, SweepCursor } from '../../entries.ts'
import type { OperatorDeed, Retention, RoomRename, RoomRetention } from '../../maintenance.ts'
import type { Outcome } from '../messages.ts'
import { RetentionClock } from './retentionClock.ts'
import type { Writer } from './writer.ts'

/** Events that one entry removes, about a millisecond of work: senders wait no longer than that takes. */
const SLICE = 32

/** What a {@link Maintenance} tells. */
export interface MaintenanceListener {
  /** An entry was committed. */
  readonly committed: () => void
  /** A sentence for the operator. */
  readonly alarm: (message: string) => void
}

/** Has entries applied, together and in their order, and tells of them. An outcome for each. */
export type Commit = (entries: readonly Entry[]) => readonly Outcome[] | Promise<readonly Outcome[]>

/** Turns long tasks of the operator and of the clock into entries, a slice each, between which others have their turn. */
export class Maintenance {
  readonly #writer: Pick<Writer, 'knows' | 'endingRooms' | 'clock' | 'retentions'>
  readonly #commitAll: Commit
  readonly #listener: MaintenanceListener
  readonly #clock: RetentionClock
  /** The rooms whose removal is under way. */
  readonly #sweeping = new Set<string>()

  constructor(
    writer: Pick<Writer, 'knows' | 'endingRooms' | 'clock' | 'retentions'>,
    commit: Commit,
    listener: MaintenanceListener,
  ) {
    this.#writer = writer
    this.#commitAll = commit
    this.#listener = listener
    this.#clock = new RetentionClock(writer.clock)
  }

  /** Erases a person (a folded name); the number of messages deleted, undefined where the log does not know the person. */
  async erase(person: string): Promise<number | undefined> {
    // Also of a name that is only connected the connections end, at every daemon: the fold tells of the erasing.
    const isKnown = this.#writer.knows(person)
    let erased = 0
    let from: ErasureCursor | undefined = { part: 'events', after: 0 }
    for (; from !== undefined; await turn()) {
      const outcome = await this.#commit({ kind: 'erase', person, from, limit: SLICE })
      if (outcome?.kind !== 'erased') throw new Error('an erase entry has another outcome')
      erased += outcome.events.filter(event => event.action === 'delete').length
      this.#listener.committed()
      from = outcome.next
    }
    return isKnown ? erased : undefined
  }

  /** Sets a retention and removes what is due by it. */
  async setRetention(roomKey: string | undefined, retention: Retention): Promise<void> {
    await this.#commit({ kind: 'retain', roomKey, retention })
    await this.forgetDue()
  }

  /** Every retention that was set. */
  retentions(): readonly RoomRetention[] {
    return this.#writer.retentions.all()
  }

  /** Gives the log another epoch. */
  async setEpoch(epoch: string): Promise<void> {
    await this.#commit({ kind: 'epoch', epoch })
  }

  /** Notes in the audit what an operator did. */
  async noteDeed(deed: OperatorDeed): Promise<void> {
    await this.#commit({ kind: 'deed', ...deed })
  }

  /** Gives a room another title, and notes who did; a refusal where it may not have it. */
  async renameRoom(rename: RoomRename, deed: OperatorDeed): Promise<Refusal | undefined> {
    const outcome = await this.#commit({ kind: 'renameRoom', ...rename, deed })
    this.#listener.committed()
    return outcome?.kind === 'refused' ? outcome.error : undefined
  }

  /** Takes a room away from its name, and notes who did; false where that was done. {@link sweepRoom} removes what it holds. */
  async endRoom(roomKey: string, deed: OperatorDeed): Promise<boolean> {
    if (this.#writer.endingRooms.includes(roomKey)) return false
    this.#sweeping.add(roomKey)
    const [outcome] = await this.#commitAll([
      { kind: 'endRoom', roomKey },
      { kind: 'deed', ...deed },
    ])
    this.#listener.committed()
    // Another daemon may have ended it meanwhile, and sweeps it.
    const isEnded = outcome?.kind === 'ended'
    if (!isEnded) this.#sweeping.delete(roomKey)
    return isEnded
  }

  /** Removes what a room that was ended holds, and frees its name; how many events. */
  async sweepRoom(roomKey: string): Promise<number> {
    this.#sweeping.add(roomKey)
    let removed = 0
    try {
      let from: SweepCursor | undefined = { part: 'events', after: 0 }
      for (; from !== undefined; await turn()) {
        const outcome = await this.#commit({ kind: 'sweep', roomKey, from, limit: SLICE })
        if (outcome?.kind !== 'swept') throw new Error('a sweep entry has another outcome')
        removed += outcome.removed
        this.#listener.committed()
        from = outcome.next
      }
    } finally {
      // After an error `sweepRest` tries it again.
      this.#sweeping.delete(roomKey)
    }
    return removed
  }

  /** Goes on with the removals that a crash or a full disk has interrupted. */
  async sweepRest(): Promise<void> {
    for (const roomKey of this.#writer.endingRooms) {
      if (this.#sweeping.has(roomKey)) continue
      await this.sweepRoom(roomKey)
    }
  }

  /** Believes the machine's clock, and removes what is due by it. */
  async acceptClock(): Promise<void> {
    this.#clock.accept()
    await this.forgetDue()
  }

  /** Looks at the clock; the time that retention goes by, ms since 1970. */
  async lookAtClock(): Promise<number> {
    const { time, note, alarm } = this.#clock.look()
    if (alarm !== undefined) this.#listener.alarm(alarm)
    if (note !== undefined) await this.#commit({ kind: 'clock', time: note })
    return time
  }

  /** Removes what the retentions no longer keep. */
  async forgetDue(): Promise<void> {
    for await (const { roomKey, upTo } of this.#writer.retentions.due(await this.lookAtClock())) {
      for (;;) {
        const outcome = await this.#commit({ kind: 'forget', roomKey, upTo, limit: SLICE })
        if (outcome?.kind !== 'forgot' || outcome.head === undefined) break
        this.#listener.committed()
        await turn()
      }
    }
  }

  async #commit(entry: MaintenanceEntry): Promise<Outcome | undefined> {
    return (await this.#commitAll([entry]))[0]
  }
}
