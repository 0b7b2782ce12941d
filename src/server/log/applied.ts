import type { SessionBeginning, SessionChange } from './entries.ts'
import type { RoomRename } from './maintenance.ts'

/** A change to a session that is there. */
export type KeptSessionChange = Exclude<SessionChange, SessionBeginning>

/**
 * What an entry has done beside events and accounts, for those who hold some of it in memory. The log tells it when the entry is
 * durable, to every daemon alike: also of entries that another daemon sent.
 */
export type AppliedChange =
  /** A room was deleted. `name`: what it was called; undefined: it had no event. */
  | { readonly kind: 'roomEnded'; readonly roomKey: string; readonly name: string | undefined }
  /** A room is called otherwise. */
  | { readonly kind: 'roomRenamed'; readonly rename: RoomRename }
  /** A slice of what a person (a folded name) said is erased. `isDone`: it was the last, and the name is gone. */
  | { readonly kind: 'erased'; readonly person: string; readonly isDone: boolean }
  /** `origin`: what the change was made with; undefined where another daemon made it. */
  | { readonly kind: 'session'; readonly change: KeptSessionChange; readonly origin: object | undefined }
