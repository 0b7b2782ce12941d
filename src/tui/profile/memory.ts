import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ChatClient } from '../../client/client.ts'
import type { OutboxEntry, OutboxStore } from '../../client/outbox.ts'
import { type Composed, fileName, type Saved, StateFile } from '../../client/stateFile.ts'
import { foldName } from '../../protocol/names.ts'
import { makePrivateDirectory } from './directories.ts'

/** Rooms and drafts are written this long after they changed, ms. */
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

/**
 * Remembers over starts who we are on a server, in which rooms, what we have not sent yet and what stands in the
 * composers: follows a client and writes what changes.
 */
export class Memory implements OutboxStore {
  readonly #options: MemoryOptions
  #username: string
  /** The newest is that of our name; an earlier one that of a name that the server did not let us have. */
  readonly #files: [StateFile, ...StateFile[]]
  /** What is not written yet. */
  #rooms: Pick<Saved, 'rooms' | 'current'> | undefined
  #composed = new Map<string, Composed>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: MemoryOptions) {
    this.#options = options
    this.#username = options.username
    this.#files = [this.#open(options.username)]
  }

  /** What is remembered of last time. */
  get saved(): Saved {
    return this.#file.saved
  }

  /** The session under a name, also where another program has been given it since, or another name is taken. */
  sessionOf(username: string): string | undefined {
    if (foldName(username) === foldName(this.#username)) return this.saved.session
    const { host, port, state } = this.#options
    if (!existsSync(join(directoryIn(state), `${fileName({ host, port, username })}.db`))) return undefined
    const file = this.#open(username)
    const { session } = file.saved
    file.close()
    return session
  }

  /** What stood in the composers last time, by the key of the room. */
  composed(): ReadonlyMap<string, Composed> {
    return this.#file.composed()
  }

  /** Remembers the sessions of a client from now on. */
  follow(client: ChatClient): void {
    client.subscribe(event => {
      if (client.link.status === 'online') this.#becomeNamed(client.username)
      if (event.type === 'session') this.#file.update({ session: event.session })
    })
  }

  /** Remembers the rooms, in the order of the sidebar, and the one that is looked at; soon, not at once. */
  keepRooms(rooms: readonly string[], current: string | undefined): void {
    this.#rooms = { rooms: [...rooms], ...(current === undefined ? {} : { current }) }
    this.#writeSoon()
  }

  /** Remembers what stands in a composer; soon, not at once. */
  keepComposed(roomKey: string, composed: Composed): void {
    this.#composed.set(roomKey, composed)
    this.#writeSoon()
  }

  /** Writes what is not written yet. */
  write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#rooms !== undefined) this.#file.update(this.#rooms)
    if (this.#composed.size > 0) this.#file.keepComposed(this.#composed)
    this.#rooms = undefined
    this.#composed = new Map()
  }

  /** Writes what is not written yet, and closes what is open. */
  close(): void {
    this.write()
    for (const file of this.#files) file.close()
  }

  adopt(): OutboxEntry[] {
    return this.#file.adopt()
  }

  put(entry: OutboxEntry): boolean {
    return this.#file.put(entry)
  }

  replace(oldId: string, entry: OutboxEntry): boolean {
    return this.#file.replace(oldId, entry)
  }

  remove(id: string): void {
    for (const file of this.#files) file.remove(id)
  }

  get #file(): StateFile {
    return this.#files[0]
  }

  /** Where the user took another name: that one's memory goes on, with the rooms that are open. */
  #becomeNamed(username: string): void {
    if (foldName(username) === foldName(this.#username)) return
    const { rooms, current } = this.saved
    this.#username = username
    this.#files.unshift(this.#open(username))
    this.#file.update({ rooms, current })
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS)
  }

  #open(username: string): StateFile {
    const { state, host, port, onTrouble } = this.#options
    const directory = directoryIn(state)
    const made = makePrivateDirectory(directory)
    // Without a directory the file cannot be opened either, which it says itself.
    if (!made.ok) onTrouble(made.message)
    return new StateFile(directory, { host, port, username }, onTrouble)
  }
}

function directoryIn(state: string): string {
  return join(state, 'sessions')
}
