import type { Note } from '../log.ts'

/**
 * Notes that could not be stored and that nobody would send again, such as the beginning of a session while the disk
 * is full. They go before whatever is stored next, so that no event is in the log of a session that is not.
 */
export class OwedNotes {
  /** By what they are about: of several only the last is owed, in the place of the first. */
  readonly #notes = new Map<string, Note>()

  /** How many there are. */
  get size(): number {
    return this.#notes.size
  }

  /** Remembers a note that was not stored. */
  owe(note: Note): void {
    const key = note.note === 'read' ? `${note.session} ${note.roomKey}` : String(sessionOf(note))
    this.#notes.set(key, note)
  }

  /** All of them, in the order in which they are to be stored; they are no longer owed then. */
  take(): readonly Note[] {
    const notes = [...this.#notes.values()]
    this.#notes.clear()
    return notes
  }
}

function sessionOf(note: Exclude<Note, { note: 'read' }>): number {
  return note.note === 'began' ? note.session.number : note.session
}
