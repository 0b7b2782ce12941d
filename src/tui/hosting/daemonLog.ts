import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { makePrivateDirectory, systemReason } from '../profile/directories.ts'

/** A log larger than this is renamed when a daemon starts, bytes. One old log is kept. */
const MAX_LOG_BYTES = 1024 * 1024
/** How much of the end of a log is read, bytes: far more than a daemon writes while it starts. */
const TAIL_BYTES = 16 * 1024

/** The log of a hosted daemon. Several daemons may append to the file; only lines added since it was opened are read. */
export class DaemonLog {
  readonly path: string
  /** The descriptor that the daemon writes to; open until {@link close}. */
  readonly file: number
  readonly #start: number

  private constructor(path: string, file: number) {
    this.path = path
    this.file = file
    this.#start = fstatSync(file).size
  }

  /**
   * Opens the log of the daemon of a port, in the state directory, with mode 0600. Renames a log that is too large.
   * @returns the log, or a sentence for the user
   */
  static open(state: string, port: number): Result<DaemonLog, string> {
    const made = makePrivateDirectory(state)
    if (!made.ok) return made
    const path = join(state, `chatd-${port}.log`)
    try {
      const old = statSync(path, { throwIfNoEntry: false })
      if (old !== undefined && old.size > MAX_LOG_BYTES) renameSync(path, `${path}.old`)
      return success(new DaemonLog(path, openSync(path, 'a+', 0o600)))
    } catch (error) {
      return failure(`cannot write the log ${path}: ${systemReason(error)}`)
    }
  }

  close(): void {
    closeSync(this.file)
  }

  /** Whether the daemon with this process id has logged that it listens. */
  hasListening(pid: number | undefined): boolean {
    return this.#lines().some(line => {
      const entry = entryOf(line)
      return entry?.['msg'] === 'listening' && entry['pid'] === pid
    })
  }

  /** The message of the last line; undefined for an empty log. */
  lastMessage(): string | undefined {
    const line = this.#lines().at(-1)
    if (line === undefined) return undefined
    const message = entryOf(line)?.['msg']
    return message === undefined ? line.replace(/^chatd: /, '') : String(message)
  }

  #lines(): readonly string[] {
    try {
      const start = Math.max(this.#start, fstatSync(this.file).size - TAIL_BYTES)
      const bytes = Buffer.alloc(TAIL_BYTES)
      const text = bytes.toString('utf8', 0, readSync(this.file, bytes, 0, TAIL_BYTES, start))
      return text.split('\n').filter(line => line.trim() !== '')
    } catch {
      return []
    }
  }
}

/** A structured line; undefined for a plain sentence. */
function entryOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined
  } catch {
    return undefined
  }
}
