import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { foldName } from '../protocol/names.ts'
import { makePrivateDirectory, systemReason } from './places.ts'

/** More than this is not ours, bytes. */
const MAX_FILE_BYTES = 1024 * 1024
/** Most file systems take 255 bytes in a name; the rest is for what is put behind it. */
const MAX_FILE_NAME = 200

const saved = z.object({
  /** The secret that says who we are; absent before the first `welcome`. */
  session: z.string().min(1).max(1024).optional(),
  /** Names of the rooms of last time, in the order of the sidebar. */
  rooms: z.array(z.string().max(256)).max(1_000),
  /** The name of the room that was looked at last. */
  current: z.string().max(256).optional(),
})

/** What is remembered of one name on one server. */
export type Saved = Readonly<z.infer<typeof saved>>

/** Whom it is about. */
export interface Identity {
  readonly host: string
  readonly port: number
  readonly username: string
}

const NOTHING: Saved = { rooms: [] }

/**
 * What is remembered of one name on one server: a JSON file of its own, 0600. Written whole into another file that
 * takes its place, so several clients at once can overwrite but never mix each other's. No method throws.
 */
export class SavedFile {
  readonly path: string
  readonly #directory: string
  #saved: Saved = NOTHING
  readonly #onTrouble: (message: string) => void
  #troubled = false

  /**
   * Reads it. @param state the state directory of this program
   * @param onTrouble told, in a sentence, that the file could not be read (it is kept aside) or written (once)
   */
  constructor(state: string, identity: Identity, onTrouble: (message: string) => void) {
    this.#directory = join(state, 'sessions')
    this.path = join(this.#directory, `${fileName(identity)}.json`)
    this.#onTrouble = onTrouble
    this.#read()
  }

  /** What is remembered. */
  get saved(): Saved {
    return this.#saved
  }

  /** Remembers something else in addition; writes where that changes anything. */
  update(change: Partial<Saved>): void {
    const next = { ...this.#saved, ...change }
    if (JSON.stringify(next) === JSON.stringify(this.#saved)) return
    this.#saved = next
    this.#write()
  }

  #read(): void {
    let text: string
    try {
      if (statSync(this.path).size > MAX_FILE_BYTES) return this.#keepAside()
      text = readFileSync(this.path, 'utf8')
    } catch (error) {
      if (!isMissing(error)) this.#onTrouble(`cannot read ${this.path}: ${systemReason(error)}`)
      return
    }
    const parsed = saved.safeParse(fromJson(text))
    if (parsed.success) this.#saved = parsed.data
    else this.#keepAside()
  }

  #keepAside(): void {
    const aside = `${this.path}.damaged`
    try {
      renameSync(this.path, aside)
      this.#onTrouble(`what was remembered is damaged and was put aside as ${aside}; starting afresh`)
    } catch (error) {
      this.#onTrouble(`${this.path} is damaged and cannot be put aside: ${systemReason(error)}`)
    }
  }

  #write(): void {
    const made = makePrivateDirectory(this.#directory)
    if (!made.ok) return this.#cannotWrite(made.message)
    const temporary = `${this.path}.${process.pid}.new`
    try {
      const file = openSync(temporary, 'w', 0o600)
      try {
        writeFileSync(file, `${JSON.stringify(this.#saved)}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(temporary, this.path)
      this.#troubled = false
    } catch (error) {
      rmSync(temporary, { force: true })
      this.#cannotWrite(`cannot write ${this.path}: ${systemReason(error)}`)
    }
  }

  #cannotWrite(message: string): void {
    if (this.#troubled) return
    this.#troubled = true
    this.#onTrouble(`${message}; rooms and session will not be remembered`)
  }
}

/** A name for a file that no host and no user can lead elsewhere; no two share one, as a comma is always encoded. */
function fileName({ host, port, username }: Identity): string {
  const readable = [host.toLowerCase(), String(port), foldName(username)].map(encodeURIComponent).join(',')
  if (readable.length <= MAX_FILE_NAME) return readable
  return createHash('sha256').update(readable).digest('hex')
}

/** Undefined where it is none. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
