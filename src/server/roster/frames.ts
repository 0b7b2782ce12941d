import * as z from 'zod'
import { DISCONNECT_REASONS } from '../counters.ts'

/** A room that a connection is in. */
const entered = z.object({
  key: z.string(),
  /** How it is spelled, where that is not the key: the log does not know a room in which nothing was said. */
  name: z.string().optional(),
  /** When its person came, ms since 1970. */
  since: z.number(),
})

/** A connection as its daemon tells the others of it. */
const connection = z.object({
  /** The number that its daemon gave it. */
  n: z.number(),
  /** The name as it is spelled. */
  name: z.string(),
  session: z.number().optional(),
  address: z.string(),
  isPlain: z.boolean(),
  /** Whether it came in by a token. */
  isToken: z.boolean(),
  isEncrypted: z.boolean(),
  client: z.string().optional(),
  /** When it came, ms since 1970. */
  since: z.number(),
  rooms: z.array(entered),
})

/** That a person (a folded name) is away, or back where there is no message. */
const away = z.object({ person: z.string(), message: z.string().optional(), at: z.number() })

/** One change at a daemon. */
const change = z.discriminatedUnion('what', [
  z.object({ what: z.literal('came'), connection }),
  z.object({ what: z.literal('went'), n: z.number() }),
  z.object({ what: z.literal('entered'), n: z.number(), room: entered }),
  z.object({ what: z.literal('left'), n: z.number(), key: z.string() }),
  z.object({ what: z.literal('away'), away }),
  z.object({ what: z.literal('typing'), n: z.number(), key: z.string(), on: z.boolean() }),
])

const daemon = z.string().regex(/^[A-Za-z0-9-]{1,64}$/)
const number = z.number()

const frame = z.discriminatedUnion('kind', [
  /** It is there: told by each daemon again and again. `sent` is of its own clock. */
  z.object({
    kind: z.literal('beat'),
    daemon,
    /** What an operator calls it. */
    label: z.string(),
    /** Where clients reach it. */
    addresses: z.array(z.string()),
    version: z.number(),
    sent: z.number(),
    /** It has just begun: the others answer with a beat at once. */
    isNew: z.boolean(),
  }),
  /** Version after version. */
  z.object({ kind: z.literal('changes'), daemon, version: z.number(), changes: z.array(z.unknown()) }),
  /** It stops: nothing more comes from it. */
  z.object({ kind: z.literal('gone'), daemon }),
  /** Wants the whole roster of the daemon that gets this, in parts that have this number. */
  z.object({ kind: z.literal('ask'), daemon, number }),
  z.object({
    kind: z.literal('roster'),
    daemon,
    number,
    part: z.number(),
    isLast: z.boolean(),
    /** The newest change that is in it. */
    version: z.number(),
    connections: z.array(connection),
    away: z.array(away),
  }),
  /** For a connection of the daemon that gets this: see `Peer.dismiss` and `Peer.oust`. */
  z.object({
    kind: z.literal('end'),
    n: z.number(),
    isOusted: z.boolean(),
    reason: z.enum(DISCONNECT_REASONS),
    message: z.string(),
    retryAfter: z.number().optional(),
  }),
  /** See `Peer.doubt`. */
  z.object({ kind: z.literal('doubt'), n: z.number() }),
  /** A line of the protocol for it. */
  z.object({ kind: z.literal('line'), n: z.number(), text: z.string() }),
  /** For all full connections, or those in a room (a key). */
  z.object({ kind: z.literal('notice'), daemon, message: z.string(), key: z.string().optional() }),
])

/** What daemons tell each other of their connections. */
export type Frame = z.infer<typeof frame>

/** One kind of {@link Frame}. */
export type FrameOf<K extends Frame['kind']> = Extract<Frame, { readonly kind: K }>

/** A connection as its daemon tells the others of it. */
export type ConnectionRecord = z.infer<typeof connection>

/** A room that a connection is in. */
export type Entered = z.infer<typeof entered>

/** That a person is away, or back. */
export type AwayRecord = z.infer<typeof away>

/** One change at a daemon. */
export type Change = z.infer<typeof change>

/** A frame as it goes over the bus. */
export function encode(frame: Frame): string {
  return JSON.stringify(frame)
}

/** Changes as they go over the bus. */
export function encodeChanges(daemon: string, version: number, changes: readonly Change[]): string {
  return `${changesPrefix(daemon)}"version":${version},"changes":${JSON.stringify(changes)}}`
}

/** What the changes of a daemon begin with. */
export function changesPrefix(daemon: string): string {
  return `{"kind":"changes","daemon":"${daemon}",`
}

/** The frame in a text; undefined where it holds none that this program knows. */
export function decode(text: string): Frame | undefined {
  return parsed(frame, text)
}

/** The changes that this program knows: a newer daemon may tell of others. */
export function knownChanges(changes: readonly unknown[]): readonly Change[] {
  return changes.flatMap(one => change.safeParse(one).data ?? [])
}

const claim = z.object({
  /** The session that has the name; null: a plain client. */
  session: z.number().nullable(),
  /** The daemons where it is connected, or about to be. */
  daemons: z.array(z.string()),
})

/** Who has a name: what stands under its key. */
export type ClaimRecord = z.infer<typeof claim>

export function encodeClaim(record: ClaimRecord): string {
  return JSON.stringify(record)
}

/** The claim in a value; undefined where it holds none. */
export function decodeClaim(text: string): ClaimRecord | undefined {
  return parsed(claim, text)
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
