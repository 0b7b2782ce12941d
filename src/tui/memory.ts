import type { ChatClient } from '../client/client.ts'
import { foldName } from '../protocol/names.ts'
import { type Saved, SavedFile } from './saved.ts'

/** Rooms are written this long after they changed, ms. */
const WRITE_AFTER_MS = 500

/** What a {@link Memory} is kept for. */
export interface MemoryOptions {
  /** The state directory of this program. */
  readonly state: string
  readonly host: string
  readonly port: number
  readonly username: string
  /** Told, in a sentence, what could not be read or written. */
  readonly onTrouble: (message: string) => void
}

/** Remembers over starts who we are on a server and in which rooms: follows a client and writes what changes. */
export class Memory {
  readonly #options: MemoryOptions
  #username: string
  #file: SavedFile
  /** What is not written yet. */
  #rooms: Pick<Saved, 'rooms' | 'current'> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: MemoryOptions) {
    this.#options = options
    this.#username = options.username
    this.#file = this.#open()
  }

  /** What is remembered of last time. */
  get saved(): Saved {
    return this.#file.saved
  }

  /** Remembers the sessions of a client from now on. */
  follow(client: ChatClient): void {
    client.subscribe(event => {
      if (event.type !== 'session') return
      this.#becomeNamed(client.username)
      this.#file.update({ session: event.session })
    })
  }

  /** Remembers the rooms, in the order of the sidebar, and the one that is looked at; soon, not at once. */
  keepRooms(rooms: readonly string[], current: string | undefined): void {
    this.#rooms = { rooms: [...rooms], ...(current === undefined ? {} : { current }) }
    this.#timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS)
  }

  /** Writes what is not written yet. */
  write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#rooms !== undefined) this.#file.update(this.#rooms)
    this.#rooms = undefined
  }

  /** Where the user took another name: that one's memory goes on, with the rooms that are open. */
  #becomeNamed(username: string): void {
    if (foldName(username) === foldName(this.#username)) return
    const { rooms, current } = this.#file.saved
    this.#username = username
    this.#file = this.#open()
    this.#file.update({ rooms, current })
  }

  #open(): SavedFile {
    const { state, host, port, onTrouble } = this.#options
    return new SavedFile(state, { host, port, username: this.#username }, onTrouble)
  }
}
