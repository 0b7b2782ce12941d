import * as z from 'zod'
import { ERROR_CODES } from './errors.ts'
import {
  chatEvent,
  deleteEvent,
  editEvent,
  reactEvent,
  requestId,
  role,
  seq,
  timestamp,
  topicEvent,
} from './events.ts'
import { notifying } from './notify.ts'
import type { Limits } from './serverLimits.ts'

const room = z.string()
const count = z.int().min(0)

/** Old clients ignore it; a client looks at each address itself, so that a bad one is no bad line. */
const peers = z.array(z.string()).optional()

/** The bounds that a server tells its clients; sizes in UTF-8 bytes. */
export const limits = z
  .object({
    frame: count.describe('the longest line'),
    message: count,
    topic: count,
    away: count,
    emoji: count,
    query: count,
    reactions: count.describe('kinds a message'),
    rooms: count.describe('rooms a connection'),
    page: count.describe('events or names a page'),
  })
  .meta({ id: 'Limits' }) satisfies z.ZodType<Limits>

/** The answer to a full `connect`. */
export const welcome = z
  .object({
    action: z.literal('welcome'),
    id: requestId.optional(),
    server: z.object({ name: z.string(), version: z.string() }),
    protocol: z.int().min(1).describe('the lower of both sides'),
    username: z.string().describe('the spelling that clients show'),
    session: z.string().describe('the secret of your session; keep it'),
    epoch: z.string().describe('a random name for the whole log; if it changes, start afresh'),
    limits,
    features: z.array(z.string()).describe('every action that the server serves'),
    account: z.object({ role }).optional().describe('if the name has an account, which this client opened'),
    policy: z
      .enum(['open', 'registered', 'invite'])
      .optional()
      .describe('who may take a free name; missing: `open`, of a server before accounts'),
    peers: peers.describe('`host:port` of other daemons that serve the same log'),
    ts: timestamp.describe("the server's time"),
  })
  .meta({ id: 'Welcome', description: 'The answer to a full `connect`.' })

/** Success of a request that had an `id`. Its other fields depend on the request: see {@link results}. */
export const ok = z.looseObject({ action: z.literal('ok'), id: requestId }).meta({
  id: 'Ok',
  description: 'A request that had an `id` succeeded. The other fields depend on the request.',
})

/** Failure of a request, or of the connection. */
export const error = z
  .object({
    action: z.literal('error'),
    id: requestId.optional().describe('if the line had a readable one'),
    code: z.string().describe(`one of ${ERROR_CODES.map(code => `\`${code}\``).join(', ')}`),
    message: z.string().describe('a sentence for a person: what is wrong, and what to do next'),
    from: z.literal('chatd'),
    retryAfter: count.optional().describe('milliseconds'),
    methods: z
      .array(z.string())
      .optional()
      .describe('of `auth_required`: `key`, `password`, what a `connect` can bring'),
    nonce: z.string().optional().describe('of `auth_required`: for the text that an SSH key signs'),
    fatal: z.boolean().optional().describe('true: the connection closes'),
  })
  .meta({ id: 'Error', description: 'A request failed, or the connection does.' })

/** Events that a replay leaves out; `history` has them. */
export const gap = z
  .object({
    action: z.literal('gap'),
    room,
    after: seq.describe('exclusive'),
    before: seq.describe('exclusive'),
    reason: z
      .enum(['long', 'expired'])
      .describe('`long`: too much to send unasked; `expired`: no longer kept'),
  })
  .meta({ id: 'Gap', description: 'Events between `after` and `before` are left out of a replay.' })

const person = { room, from: z.string() }

/** The live-only frames. */
export const signals = {
  joined: z
    .object({
      action: z.literal('joined'),
      ...person,
      people: count,
      away: z.string().optional().describe('the away message of a person who is away'),
    })
    .meta({ id: 'JoinedSignal', description: 'A person came into a room.' }),
  left: z
    .object({ action: z.literal('left'), ...person, people: count })
    .meta({ id: 'LeftSignal', description: 'A person left a room, and did not return within 5 seconds.' }),
  presence: z
    .object({
      action: z.literal('presence'),
      from: z.string(),
      state: z.enum(['online', 'away', 'offline']),
      message: z.string().optional().describe('the away message'),
    })
    .meta({
      id: 'PresenceSignal',
      description: 'A person that shares a room with you came online, went offline, or is away.',
    }),
  typing: z
    .object({ action: z.literal('typing'), ...person, on: z.boolean() })
    .meta({ id: 'TypingSignal', description: 'A person is typing; forget it after 6 seconds.' }),
  read: z
    .object({ action: z.literal('read'), room, seq })
    .meta({ id: 'ReadSignal', description: 'Another connection of yours set the read position.' }),
  notify: z.object({ action: z.literal('notify'), room, ...notifying }).meta({
    id: 'NotifySignal',
    description: 'Another connection of yours set which messages of a room call you.',
  }),
  people: z.object({ action: z.literal('people'), room, people: count }).meta({
    id: 'PeopleSignal',
    description: 'The number of people in a room of more than 200; at most once a second.',
  }),
  renamed: z
    .object({ action: z.literal('renamed'), room, title: z.string().describe('what it is called now') })
    .meta({
      id: 'RenamedSignal',
      description:
        'The operator renamed a room. `room` stays what it was, in every frame: show `title` instead. Only for clients that understand `renames`.',
    }),
  ended: z.object({ action: z.literal('ended'), room }).meta({
    id: 'EndedSignal',
    description:
      'The operator deleted a room: you are in it no longer, and what you hold of it is gone on the server. A later room of this name is another one.',
  }),
  notice: z
    .object({ action: z.literal('notice'), message: z.string() })
    .meta({ id: 'Notice', description: 'A sentence of the server for the user.' }),
  bye: z
    .object({
      action: z.literal('bye'),
      reason: z
        .string()
        .describe(
          '`shutting_down`, `draining` (connect again, best to one of `peers`), `silent` (nothing came from you), `erased` (your name was erased), `name_registered` (the name belongs to an account now), `name_taken` (an older session of your name came back), `revoked` (this device or token was), `disabled` (the account was), `kicked` (the operator ended the connection: leave it to the user to connect again)',
        ),
      message: z.string().describe('for a person'),
      retryAfter: count
        .optional()
        .describe(
          'milliseconds: connect again after this time. A server that stops tells each client another time, so that not all come at once',
        ),
      peers: peers.describe(
        'of `shutting_down` and `draining`: `host:port` of the daemons that go on serving the same log. Go to a random one',
      ),
    })
    .meta({ id: 'Bye', description: 'The server closes the connection.' }),
} as const

/** The frames that a server sends to a full client. */
export const serverFrame = z.discriminatedUnion('action', [
  welcome,
  ok,
  error,
  chatEvent,
  editEvent,
  deleteEvent,
  reactEvent,
  topicEvent,
  gap,
  signals.joined,
  signals.left,
  signals.presence,
  signals.typing,
  signals.read,
  signals.notify,
  signals.people,
  signals.renamed,
  signals.ended,
  signals.notice,
  signals.bye,
])

/** The one frame that a server sends to a plain client, beside `error`: a message of another member of a room. */
export const plainChat = z
  .object({ action: z.literal('chat'), room, message: z.string(), from: z.string() })
  .meta({
    id: 'PlainChat',
    description: 'A message of another member of the room. Exactly these four fields.',
  })

/** The answer to a full `connect`. */
export type Welcome = z.infer<typeof welcome>
/** Success of a request that had an `id`. */
export type Ok = z.infer<typeof ok>
/** Failure of a request, or of the connection. */
export type ErrorFrame = z.infer<typeof error>
/** Events left out of a replay. */
export type Gap = z.infer<typeof gap>
/** A live-only frame. */
export type Signal<Name extends keyof typeof signals = keyof typeof signals> = {
  [N in Name]: z.infer<(typeof signals)[N]>
}[Name]
/** A frame that a server sends to a full client. */
export type ServerFrame = z.infer<typeof serverFrame>
/** A message of another member of a room, as a plain client gets it. */
export type PlainChat = z.infer<typeof plainChat>
