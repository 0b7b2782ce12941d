import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorCode } from '../files/errorCode.ts'
import { makeDirectory } from '../files/makeDirectory.ts'
import { replaceFile } from '../files/replaceFile.ts'
import { failure, type Result, success } from '../protocol/errors.ts'

/** In place of a fingerprint: an authority vouches for the server's certificate, and its key may change. */
export const BY_AUTHORITY = 'CA'
/** How long a write waits for another client that writes, ms. */
const PATIENCE = 2_000
/** A server, a fingerprint or `CA`, and the day since when it is known. */
const LINE = /^(\S+)\s+(SHA256:[A-Za-z0-9+/]{43}|CA)(?:\s+(\d{4}-\d{2}-\d{2}))?\s*$/

/** What is known of a server. */
export interface KnownServer {
  /** See `showServer`. */
  readonly server: string
  /** The fingerprint of its key, or {@link BY_AUTHORITY}. */
  readonly key: string
  /** A day such as `2026-11-26`; absent where the line has none. */
  readonly since?: string | undefined
}

/**
 * The servers whose keys this account knows: a text file, a line each, in which people may write lines and comments of
 * their own. Clients may write at the same time.
 */
export class KnownServers {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** All servers of the file; the error is a sentence, also for a line that cannot be read and may be about `server`. */
  read(server: string): Result<readonly KnownServer[], string> {
    const text = this.#text()
    if (!text.ok) return text
    const known: KnownServer[] = []
    for (const [index, line] of text.value.split('\n').entries()) {
      if (line.trim() === '' || line.trimStart().startsWith('#')) continue
      const parsed = parseLine(line)
      if (parsed !== undefined) known.push(parsed)
      else if (mayBeAbout(line, server))
        return failure(
          `line ${index + 1} of ${this.path} is damaged and may hold the key of ${server}; correct it, or delete it to begin afresh`,
        )
    }
    return success(known)
  }

  /**
   * Keeps what is known of a server, in place of `before`.
   * @param before what the caller has read; where another client has written something else since, nothing is written
   * @returns what the file holds now; the error is a sentence
   */
  keep(known: KnownServer, before: KnownServer | undefined): Result<KnownServer, string> {
    try {
      makeDirectory(dirname(this.path), 0o700)
      return this.#alone(() => this.#keep(known, before))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return failure(`the key of ${known.server} cannot be kept in ${this.path}: ${reason}`)
    }
  }

  #keep(known: KnownServer, before: KnownServer | undefined): Result<KnownServer, string> {
    const now = this.read(known.server)
    if (!now.ok) return now
    const found = now.value.find(({ server }) => server === known.server)
    if (found !== undefined && found.key === known.key) return success(found)
    if (found !== undefined && found.key !== before?.key) return success(found)
    const text = this.#text()
    if (!text.ok) return text
    const others = text.value
      .split('\n')
      .filter(line => line !== '' && parseLine(line)?.server !== known.server)
    replaceFile(this.path, `${[...others, lineOf(known)].join('\n')}\n`)
    return success(known)
  }

  /** Runs with the lock of the file, which SQLite holds: it goes with the process, however that ends. */
  #alone<T>(work: () => T): T {
    const lock = new DatabaseSync(`${this.path}.lock`, { timeout: PATIENCE })
    try {
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      return work()
    } finally {
      lock.close()
    }
  }

  #text(): Result<string, string> {
    try {
      return success(readFileSync(this.path, 'utf8'))
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return success('')
      const reason = error instanceof Error ? error.message : String(error)
      return failure(
        `the keys of servers cannot be read (${reason}); nothing was sent. Make ${this.path} a file that you can read, or move it away`,
      )
    }
  }
}

function parseLine(line: string): KnownServer | undefined {
  const [, server, key, since] = LINE.exec(line.trim()) ?? []
  if (server === undefined || key === undefined) return undefined
  return { server: server.toLowerCase(), key, since }
}

function lineOf({ server, key, since }: KnownServer): string {
  return [server, key, ...(since === undefined ? [] : [since])].join(' ')
}

/** A damaged line may have lost its end, or be binary rubbish with no server in it at all. */
function mayBeAbout(line: string, server: string): boolean {
  const [first = ''] = line.trim().split(/\s+/)
  return first === '' || server.startsWith(first.toLowerCase()) || !/^[\w.:[\]%-]+$/.test(first)
}
