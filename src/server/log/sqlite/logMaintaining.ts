import { failure, type Result, success } from '../../../protocol/errors.ts'
import type { Retention, RoomRetention } from '../maintenance.ts'
import { LogReading } from './logReading.ts'
import type { WriterMethods } from './messages.ts'
import type { Thread } from './thread.ts'

/** The part of a log on SQLite that an operator asks of its writing thread. */
export abstract class LogMaintaining extends LogReading {
  protected abstract get writer(): Thread<WriterMethods>

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
}

/** What a thread gives, or the sentence of its error. */
export async function attempt<T>(work: () => Promise<T>): Promise<Result<T, string>> {
  try {
    return success(await work())
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error))
  }
}
