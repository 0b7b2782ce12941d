import {
  MAX_AWAY_BYTES,
  MAX_EMOJI_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_PAGE,
  MAX_QUERY_BYTES,
  MAX_REACTIONS,
  MAX_REQUEST_BYTES,
  MAX_ROOMS,
  MAX_TOPIC_BYTES,
} from './limits.ts'

/** The bounds that a server tells its clients in `welcome`; sizes in UTF-8 bytes. */
export interface Limits {
  /** The longest line. */
  readonly frame: number
  readonly message: number
  readonly topic: number
  readonly away: number
  readonly emoji: number
  readonly query: number
  /** Kinds of reaction to a message. */
  readonly reactions: number
  /** Rooms of a connection. */
  readonly rooms: number
  /** Events or names of a page. */
  readonly page: number
}

/** The limits of the contract: the defaults of a server, and the limits of a client before its `welcome`. */
export const DEFAULT_LIMITS: Limits = {
  frame: MAX_REQUEST_BYTES,
  message: MAX_MESSAGE_BYTES,
  topic: MAX_TOPIC_BYTES,
  away: MAX_AWAY_BYTES,
  emoji: MAX_EMOJI_BYTES,
  query: MAX_QUERY_BYTES,
  reactions: MAX_REACTIONS,
  rooms: MAX_ROOMS,
  page: MAX_PAGE,
}
