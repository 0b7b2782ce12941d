import { randomUUID } from 'node:crypto'
import { failure, type Result, success } from '../../../protocol/errors.ts'
import type { OperatorDeed, Retention, RoomRetention } from '../maintenance.ts'
import { LogReading } from './logReading.ts'
import type { WriterMethods } from './messages.ts'
import type { Thread } from './thread.ts'

/** The half of a log that operators and clocks change. See `LogMaintenance` for what each method does. */
export abstract class MaintainedLog extends LogReading {
  protected abstract readonly writer: Pick<Thread<WriterMethods>, 'call'>

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

  async noteDeed(deed: OperatorDeed): Promise<Result<undefined, string>> {
    return attempt(async () => {
      await this.writer.call('noteDeed', deed)
      return undefined
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
