/**
 * The bounds of the protocol. Sizes are UTF-8 bytes, times milliseconds. A server may set some of them otherwise, and
 * tells those in `welcome.limits`; the others are the contract and never change within a version.
 */

/** The version of the full protocol that this code speaks. */
export const PROTOCOL_VERSION = 1

/** The default port of `chatd` and `chat-tui`. */
export const DEFAULT_PORT = 9011

/** The longest line that a client may send, without its line end. */
export const MAX_REQUEST_BYTES = 64 * 1024

/** The longest line that a server sends, without its line end. */
export const MAX_RESPONSE_BYTES = 512 * 1024

/** The deepest nesting of a frame's objects and arrays; the deepest frame of the protocol needs 6. */
export const MAX_NESTING = 16

/** This many bad lines in a row, without a good one between, end the connection. */
export const MAX_BAD_LINES = 20

/** The longest text of a message. */
export const MAX_MESSAGE_BYTES = 16 * 1024

/** The longest topic of a room. */
export const MAX_TOPIC_BYTES = 512

/** The longest text of an away message. */
export const MAX_AWAY_BYTES = 256

/** The longest reaction. */
export const MAX_EMOJI_BYTES = 32

/** The longest search. */
export const MAX_QUERY_BYTES = 256

/** How many kinds of reaction one message can have. */
export const MAX_REACTIONS = 20

/** How many reactions one message can have, those of all kinds and people together. */
export const MAX_REACTIONS_IN_ALL = 5_000

/** How many people one message mentions; further names in it are only text. */
export const MAX_MENTIONS = 50

/** How many names a reaction lists; its `count` says how many there are. */
export const MAX_REACTION_NAMES = 50

/** How many rooms one connection can be in. */
export const MAX_ROOMS = 1_000

/** How many events or names a page of `history`, `search` or `members` holds at most. */
export const MAX_PAGE = 200

/** A room of more people than this has no `joined`, `left`, `presence`, `typing` and no list of names in `ok`. */
export const SMALL_ROOM = 200

/** A joining client that missed more events than this gets a `gap` and the newest {@link NEWEST_AFTER_GAP}. */
export const MAX_REPLAY_EVENTS = 1_000

/** Likewise for a client that missed more bytes than this. */
export const MAX_REPLAY_BYTES = 1024 * 1024

/** How many of the newest events follow a `gap`. */
export const NEWEST_AFTER_GAP = 100

/** Unread counts and mentions stop here. */
export const MAX_UNREAD = 1_000

/** The server closes a connection that has not sent `connect` within this time. */
export const CONNECT_TIMEOUT_MS = 10_000

/** A full client that received no byte for this long sends a `ping`; sooner where an answer is late. */
export const PING_AFTER_MS = 30_000

/** A full client that received no byte for this long after its `ping` closes the connection. */
export const PING_TIMEOUT_MS = 20_000

/** The server closes the connection of a full client that sent nothing for this long. */
export const SILENT_AFTER_MS = 120_000

/** A client renews `typing` at most this often. */
export const TYPING_RENEW_MS = 3_000

/** A client forgets a `typing` that was not renewed for this long. */
export const TYPING_FORGET_MS = 6_000

/** The server waits this long for a return before it sends `left`. */
export const LEFT_AFTER_MS = 5_000
