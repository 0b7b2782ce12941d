import { randomUUID } from 'node:crypto'
import { failure, type Refusal, type Result, success } from '../../../protocol/errors.ts'
import type { OperatorDeed, Retention, RoomRename, RoomRetention } from '../maintenance.ts'
import { FollowingLog } from './followingLog.ts'

/**
 * The half of a log that operators and clocks change. See `LogMaintenance` for what each method does. What they change is told of
 * as it is applied, before they resolve.
 */
export abstract class MaintainedLog extends FollowingLog {
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
    return attempt(() => this.writer.call('renameRoom', rename, deed))
  }

  async endRoom(roomKey: string, deed: OperatorDeed): Promise<Result<boolean, string>> {
    return attempt(() => this.writer.call('endRoom', roomKey, deed))
  }

  async sweepRoom(roomKey: string): Promise<Result<number, string>> {
    return attempt(() => this.writer.call('sweepRoom', roomKey))
  }

  async renewEpoch(): Promise<Result<string, string>> {
    const epoch = randomUUID()
    return attempt(async () => {
      await this.writer.call('setEpoch', epoch)
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
