import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { failure, type Refusal, type Result, success } from '../../../protocol/errors.ts'
import type { OperatorDeed, Retention, RoomRename, RoomRetention } from '../maintenance.ts'
import type { SharedFigures } from '../watched.ts'
import { LogReading } from './logReading.ts'
import type { WriterMethods } from './messages.ts'
import type { RoomHeads } from './roomHeads.ts'
import type { Thread } from './thread.ts'

/** How often the end of a room looks for entries that are on their way to it, ms. */
const WAIT_FOR_ENTRIES = 10

/** The half of a log that operators and clocks change. See `LogMaintenance` for what each method does. */
export abstract class MaintainedLog extends LogReading {
  protected abstract readonly writer: Pick<Thread<WriterMethods>, 'call'>

  protected abstract readonly heads: Pick<RoomHeads, 'drop' | 'isHeld' | 'renamed'>

  #shared: SharedFigures | undefined

  /** How it follows a shared log, as of a second ago; undefined: it is a log of its own. */
  get shared(): SharedFigures | undefined {
    return this.#shared
  }

  protected noteShared(figures: SharedFigures): void {
    this.#shared = figures
  }

  /** The log has another epoch now. */
  protected abstract renewed(epoch: string): void

  protected override prepare(what: 'catchUp' | 'order'): Promise<void> {
    return this.writer.call(what)
  }

  async erase(name: string): Promise<Result<{ readonly messages: number } | undefined, string>> {
    return attempt(async () => {
      const messages = await this.writer.call('erase', name)
      return messages === undefined ? undefined : { messages }
    })
  }

  async setRetention(roomKey: string | undefined, retention: Retention): Promise<Result<undefined, string>> {
    return attempt(async () => {
      await this.writer.call('setRetention', roomKey, retention)
      return undefined
    })
  }

  async acceptClock(): Promise<Result<undefined, string>> {
    return attempt(async () => {
      await this.writer.call('acceptClock')
      return undefined
    })
  }

  async retentions(): Promise<readonly RoomRetention[]> {
    return this.writer.call('retentions')
  }

  /** Takes deleted text out of the write-ahead log now instead of within the minute; false where a reader is in the way. */
  async purge(): Promise<boolean> {
    return this.writer.call('purge')
  }

  /** Ends a shared log, so that its file can become a log of its own. */
  async leave(): Promise<Result<undefined, string>> {
    return attempt(async () => {
      await this.writer.call('leave')
      return undefined
    })
  }

  async noteDeed(deed: OperatorDeed): Promise<Result<undefined, string>> {
    return attempt(async () => {
      await this.writer.call('noteDeed', deed)
      return undefined
    })
  }

  async renameRoom(rename: RoomRename, deed: OperatorDeed): Promise<Result<Refusal | undefined, string>> {
    return attempt(async () => {
      const refusal = await this.writer.call('renameRoom', rename, deed)
      if (refusal === undefined) this.heads.renamed(rename.roomKey, rename.name)
      return refusal
    })
  }

  async endRoom(roomKey: string, deed: OperatorDeed): Promise<Result<boolean, string>> {
    return attempt(async () => {
      const isEnded = await this.writer.call('endRoom', roomKey, deed)
      if (isEnded) this.heads.drop(roomKey)
      return isEnded
    })
  }

  async sweepRoom(roomKey: string): Promise<Result<number, string>> {
    return attempt(async () => {
      const removed = await this.writer.call('sweepRoom', roomKey)
      // What is on its way to the room is refused, and does not make another one.
      while (this.heads.isHeld(roomKey)) await delay(WAIT_FOR_ENTRIES)
      await this.writer.call('freeName', roomKey)
      return removed
    })
  }

  async renewEpoch(): Promise<Result<string, string>> {
    const epoch = randomUUID()
    return attempt(async () => {
      await this.writer.call('setEpoch', epoch)
      this.renewed(epoch)
      return epoch
    })
  }
}

async function attempt<T>(work: () => Promise<T>): Promise<Result<T, string>> {
  try {
    return success(await work())
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error))
  }
}
