import type { LogLevel } from '../settings.ts'

/** What an operator is told of a connection. */
export interface ConnectionFacts {
  /** Grows with each connection since the start of the daemon. */
  readonly number: number
  /** What is called the daemon that has it; undefined: this one. Another one does not tell how busy a connection is. */
  readonly daemon: string | undefined
  /** Undefined: it has not said `connect` yet. */
  readonly name: string | undefined
  readonly kind: 'guest' | 'account' | 'token' | undefined
  readonly speaks: 'full' | 'plain' | undefined
  readonly address: string
  /** Name and version of the program, as it calls itself. */
  readonly client: string | undefined
  readonly isEncrypted: boolean
  /** The names of its rooms. Direct conversations are its own affair. */
  readonly rooms: readonly string[]
  /** Milliseconds since 1970. */
  readonly since: number
  /** How long nothing came from it, ms. */
  readonly idle: number | undefined
  /** Bytes as its socket counts them. */
  readonly received: number | undefined
  readonly sent: number | undefined
}

/** One open connection. */
export interface LiveConnection {
  readonly number: number
  /** The folded name of its person; undefined before `connect`. */
  readonly person: string | undefined
  facts(): ConnectionFacts
  isIn(roomKey: string): boolean
  /** Ends it: a full client gets `bye`, a plain one an error. */
  kick(message: string): void
}

/** A daemon that sends its clients to other daemons. */
export interface Draining {
  /** How many connections were open at its beginning. */
  readonly connections: number
  /** True: none is left; false: it was cancelled, or began once more. */
  readonly done: Promise<boolean>
}

/** What the tasks of the operator ask of a running daemon. */
export interface LiveServer {
  /** The open connections, the oldest first. */
  connections(): readonly LiveConnection[]
  /** Those of other daemons with the same log. */
  elsewhere(): readonly LiveConnection[]
  /**
   * Sends a `notice` to those that are meant, at all daemons; how many were told, and how many plain ones cannot be.
   * @param roomKey the room that is meant, for the other daemons
   */
  announce(
    message: string,
    isMeant: (connection: LiveConnection) => boolean,
    roomKey?: string,
  ): { readonly told: number; readonly plain: number }
  /** The name of a connected person that looks like this name, and is another one. */
  nameLike(name: string): string | undefined
  /** See `RoomDirectory.leadsTo`. */
  leadsTo(nameKey: string): string
  /** A room that has a member or an event, by the name that people call it. */
  room(key: string): { readonly name: string; readonly people: number } | undefined
  /** The keys of the rooms that have members and no event yet. */
  roomsWithoutEvents(): Iterable<string>
  /** Takes no further connection, and sends the others away within a time, ms. */
  drain(within: number): Draining
  /** Takes connections again; a sentence where that fails. */
  cancelDrain(): Promise<string | undefined>
  logLevel: LogLevel
}
