import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Addresses } from '../../client/addresses.ts'
import type { ChatClient } from '../../client/client.ts'
import type { Composed } from '../../client/drafts.ts'
import type { LeaveStore } from '../../client/leaves.ts'
import type { OutboxEntry, OutboxStore } from '../../client/outbox.ts'
import type { ServerAddress } from '../../client/serverAddress.ts'
import { fileName, type Saved, StateFile } from '../../client/stateFile.ts'
import { foldName } from '../../protocol/names.ts'
import { makePrivateDirectory } from './directories.ts'

/** Changed rooms and drafts are written after this time, ms. */
const WRITE_AFTER_MS = 500
/** What could not be written is tried again after this, ms. */
const RETRY_AFTER_MS = 5_000

/**
 * By which of its addresses a server is remembered: the first one by which this account has been there under the name, so
 * that the order of the addresses does not matter; else the first.
 * @param state the state directory of this program
 */
export function rememberedAs(
  state: string,
  addresses: readonly [ServerAddress, ...ServerAddress[]],
  username: string,
): ServerAddress {
  const isThere = ({ host, port }: ServerAddress): boolean =>
    existsSync(join(directoryIn(state), `${fileName({ host, port, username })}.db`))
  const { host, port } = addresses.find(isThere) ?? addresses[0]
  return { host, port }
}

/** The account that a {@link Memory} serves. */
export interface MemoryOptions {
  /** The state directory of this program. */
  readonly state: string
  readonly host: string
  readonly port: number
  readonly username: string
  /** Called with a sentence about what could not be read or written. */
  readonly onTrouble: (message: string) => void
}

/**
 * Remembers, from one start to the next, the session on a server, its rooms, the unsent messages and the drafts.
 * Follows a client and writes what changes.
 */
export class Memory implements OutboxStore, LeaveStore {
  readonly #options: MemoryOptions
  #username: string
  /** The first file belongs to our present name, the others to names that the server refused. */
  readonly #files: [StateFile, ...StateFile[]]
  /** Changes that are not written yet. */
  #saved: Partial<Saved> = {}
  #composed = new Map<string, Composed>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: MemoryOptions) {
    this.#options = options
    this.#username = options.username
    this.#files = [this.#open(options.username)]
  }

  /** What the last start left behind. */
  get saved(): Saved {
    return this.#file.saved
  }

  /** The saved session of a name, which need not be our present name; read again, as another program may change it. */
  sessionOf(username: string): string | undefined {
    if (foldName(username) === foldName(this.#username)) return this.#saved.session ?? this.saved.session
    const { host, port, state } = this.#options
    if (!existsSync(join(directoryIn(state), `${fileName({ host, port, username })}.db`))) return undefined
    const file = this.#open(username)
    const { session } = file.saved
    file.close()
    return session
  }

  /** The drafts and inputs that the last start left, by the key of the room. */
  composed(): ReadonlyMap<string, Composed> {
    return this.#file.composed()
  }

  /** What the user has set on this machine, by the name of the setting. */
  settings(): ReadonlyMap<string, string> {
    return this.#file.settings()
  }

  /** Remembers a setting, at once. */
  keepSetting(name: string, written: string): void {
    this.#file.keepSetting(name, written)
  }

  /** Hands what the daemons of the server told of each other from one start to the next. */
  rememberAddresses(addresses: Addresses): void {
    addresses.remember(this.#file.peers(), peers => this.#file.keepPeers(peers))
  }

  /** Remembers a session of the present name, at once. */
  keepSession(session: string): void {
    this.#saved = { ...this.#saved, session }
    this.write()
  }

  /** Remembers the sessions that a client gets from now on. */
  follow(client: ChatClient): void {
    client.subscribe(event => {
      if (client.link.status === 'online') this.#becomeNamed(client.username)
      if (event.type === 'session') this.keepSession(event.session)
    })
  }

  /** Remembers the rooms, in the order of the sidebar, and the current one. Writes them a little later. */
  keepRooms(rooms: readonly string[], current: string | undefined): void {
    this.#saved = { ...this.#saved, rooms: [...rooms], ...(current === undefined ? {} : { current }) }
    this.#writeAfter(WRITE_AFTER_MS)
  }

  /** Remembers the draft and the inputs of a room. Writes them a little later. */
  keepComposed(roomKey: string, composed: Composed): void {
    this.#composed.set(roomKey, composed)
    this.#writeAfter(WRITE_AFTER_MS)
  }

  /** Writes all pending changes. Those that cannot be written, as on a full disk, stay pending and are tried again. */
  write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (Object.keys(this.#saved).length > 0 && this.#file.update(this.#saved)) this.#saved = {}
    if (this.#composed.size > 0 && this.#file.keepComposed(this.#composed)) this.#composed = new Map()
    if (Object.keys(this.#saved).length > 0 || this.#composed.size > 0) this.#writeAfter(RETRY_AFTER_MS)
  }

  /** Writes all pending changes and closes the files. */
  close(): void {
    this.write()
    clearTimeout(this.#timer)
    for (const file of this.#files) file.close()
  }

  adopt(): OutboxEntry[] {
    return this.#file.adopt()
  }

  put(entry: OutboxEntry): void {
    this.#file.put(entry)
  }

  replace(oldId: string, entry: OutboxEntry): void {
    this.#file.replace(oldId, entry)
  }

  remove(id: string): void {
    for (const file of this.#files) file.remove(id)
  }

  leaves(): ReadonlyMap<string, string> {
    return this.#file.leaves()
  }

  keepLeave(roomKey: string, name: string): void {
    this.#file.keepLeave(roomKey, name)
  }

  forgetLeave(roomKey: string): void {
    for (const file of this.#files) file.forgetLeave(roomKey)
  }

  get #file(): StateFile {
    return this.#files[0]
  }

  /** Continues with the file of another name, after the user took it, and carries the open rooms over. */
  #becomeNamed(username: string): void {
    if (foldName(username) === foldName(this.#username)) return
    const { rooms, current } = this.saved
    this.#username = username
    this.#files.unshift(this.#open(username))
    this.#file.update({ rooms, current })
  }

  #writeAfter(ms: number): void {
    this.#timer ??= setTimeout(() => this.write(), ms)
  }

  #open(username: string): StateFile {
    const { state, host, port, onTrouble } = this.#options
    const directory = directoryIn(state)
    const made = makePrivateDirectory(directory)
    // Without the directory the state file cannot be opened either, and reports that itself.
    if (!made.ok) onTrouble(made.error)
    return new StateFile(directory, { host, port, username }, onTrouble)
  }
}

function directoryIn(state: string): string {
  return join(state, 'sessions')
}
