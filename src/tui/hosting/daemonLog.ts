import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateDirectory, type Outcome, systemReason } from '../profile/directories.ts'

/** A log that has grown beyond this is put aside when a daemon starts, bytes; one old one is kept. */
const MAX_LOG_BYTES = 1024 * 1024
/** How much of the end of a log is looked at, bytes: far more than a daemon says while it starts. */
const TAIL_BYTES = 16 * 1024

/** The log of a hosted daemon: a file that several may write to, of which what was added since it was opened counts. */
export class DaemonLog {
  readonly path: string
  /** The file, for the daemon to write to; of this object until {@link close}. */
  readonly file: number
  readonly #start: number

  private constructor(path: string, file: number) {
    this.path = path
    this.file = file
    this.#start = fstatSync(file).size
  }

  /** Opens the log of the daemon of a port in the state directory, 0600; one that has grown too long is put aside. */
  static open(state: string, port: number): Outcome<DaemonLog> {
    const made = makePrivateDirectory(state)
    if (!made.ok) return made
    const path = join(state, `chatd-${port}.log`)
    try {
      const old = statSync(path, { throwIfNoEntry: false })
      if (old !== undefined && old.size > MAX_LOG_BYTES) renameSync(path, `${path}.old`)
      return { ok: true, value: new DaemonLog(path, openSync(path, 'a+', 0o600)) }
    } catch (error) {
      return { ok: false, message: `cannot write the log ${path}: ${systemReason(error)}` }
    }
  }

  close(): void {
    closeSync(this.file)
  }

  /** Whether the daemon of this process id has said that it listens. */
  hasListening(pid: number | undefined): boolean {
    return this.#lines().some(line => {
      const entry = entryOf(line)
      return entry?.['msg'] === 'listening' && entry['pid'] === pid
    })
  }

  /** What was said last, as a sentence for people; undefined where nothing was. */
  lastSaying(): string | undefined {
    const line = this.#lines().at(-1)
    if (line === undefined) return undefined
    const saying = entryOf(line)?.['msg']
    return saying === undefined ? line.replace(/^chatd: /, '') : String(saying)
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
