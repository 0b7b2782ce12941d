import { conversationKey, parseConversation } from '../protocol/names.ts'

/** Names whose room key is remembered; a server could send any number. */
const KEYS_KEPT = 10_000

/** What rooms are called: the keys of their names on the server, and the titles of those that were renamed. */
export class RoomNames {
  readonly #keys = new Map<string, string>()
  /** By the key of the room. */
  readonly #titles: Map<string, string>

  /** @param titles as they were at the last start, by the key of the room */
  constructor(titles: ReadonlyMap<string, string> = new Map()) {
    this.#titles = new Map(titles)
  }

  /** The key of a room, from its name on the server; empty for an invalid name. */
  keyOf(name: string): string {
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const conversation = parseConversation(name)
    const key = conversation.ok ? conversationKey(conversation.value) : ''
    if (this.#keys.size >= KEYS_KEPT) this.#keys.clear()
    this.#keys.set(name, key)
    return key
  }

  /** The key of the room that a user means by a name: one that is called so goes before one that was. */
  keyMeant(name: string): string {
    const key = this.keyOf(name)
    for (const [room, title] of this.#titles) if (this.keyOf(title) === key) return room
    return key
  }

  /** What a room is called where it was renamed. */
  titleOf(roomKey: string): string | undefined {
    return this.#titles.get(roomKey)
  }

  /** Notes what a room is called; undefined: its name. */
  setTitle(roomKey: string, title: string | undefined): void {
    if (title === undefined) this.#titles.delete(roomKey)
    else this.#titles.set(roomKey, title)
  }
}
