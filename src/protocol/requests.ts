import * as z from 'zod'
import { accountRequests, accountResults, credential } from './accountRequests.ts'
import { event, seq, timestamp } from './events.ts'
import { MAX_PAGE } from './limits.ts'
import { level, notifying } from './notify.ts'
import { request } from './request.ts'

const room = z.string().describe('the room, or `@name` for a direct conversation')
const limit = z.int().min(1).max(MAX_PAGE).optional().describe(`at most ${MAX_PAGE}`)

/** Every request of the protocol by its action. The server checks names and sizes of texts, each with its own error. */
export const requests = {
  connect: request(
    'connect',
    {
      username: z.string(),
      protocol: z
        .int()
        .min(1)
        .optional()
        .describe('the highest version that the client speaks; without it the connection is plain'),
      session: z.string().max(256).optional().describe('the secret from an earlier `welcome`'),
      client: z
        .string()
        .max(128)
        .optional()
        .describe('name and version of the program, for the log of the server'),
      features: z
        .array(z.string().max(64))
        .max(32)
        .optional()
        .describe('what the client understands beyond this: `renames`'),
      ...credential,
      device: z.string().max(64).optional().describe('what the list of devices calls this one'),
      invite: z.string().max(64).optional().describe('the code of an invitation, which makes an account'),
    },
    'Names the user. The first line of every connection.',
  ),
  joinroom: request(
    'joinroom',
    {
      room,
      since: seq.optional().describe('the last seq held: later events follow'),
      epoch: z.string().max(64).optional().describe('the epoch that `since` belongs to'),
    },
    'Joins a room, creates it if it does not exist, and resumes after `since`.',
  ),
  leaveroom: request('leaveroom', { room }, 'Leaves a room.'),
  chat: request(
    'chat',
    {
      room,
      message: z.string(),
      replyTo: seq.min(1).optional().describe('the seq of the message that this answers'),
    },
    'Sends a message to a room.',
  ),
  edit: request(
    'edit',
    { room, target: seq.min(1), message: z.string() },
    'Replaces the text of a message of yours.',
  ),
  delete: request('delete', { room, target: seq.min(1) }, 'Deletes a message of yours.'),
  react: request(
    'react',
    { room, target: seq.min(1), emoji: z.string(), on: z.boolean().describe('false takes it back') },
    'Reacts to a message.',
  ),
  topic: request(
    'topic',
    { room, topic: z.string().describe('empty: no topic') },
    'Sets the topic of a room.',
  ),
  history: request(
    'history',
    {
      room,
      before: seq.optional().describe('events before this seq'),
      after: seq.optional().describe('events after this seq; 0: from the beginning'),
      around: seq.optional().describe('events on both sides of this seq'),
      limit,
    },
    'Reads a page of a log. At most one of `before`, `after` and `around`; none of them: the newest page.',
  ),
  search: request(
    'search',
    {
      query: z.string().describe('what the messages hold; may be empty if `from` is given'),
      room: room.optional(),
      from: z.string().optional().describe('only messages of this person'),
      until: timestamp.optional().describe('only messages before this time'),
      cursor: z.string().max(256).optional().describe('from the page before'),
      limit,
    },
    'Finds messages that hold all terms of the query, the newest first. Blanks separate terms. Case, width, accents and punctuation do not count. A word of three or more letters is found also inside longer words, one of two letters at the beginning of a word, one letter as a word; in scripts without spaces, any part of the text. Words joined by punctuation (`foo.bar`), and words in quotes, are found in this order only; those in quotes as whole words.',
  ),
  rooms: request(
    'rooms',
    {
      all: z.boolean().optional().describe('public ones too'),
      cursor: z.string().max(256).optional().describe('from the page before'),
      limit: z.int().min(1).optional().describe('the most rooms; as many as fit in a line without it'),
    },
    'Lists the rooms of the session, with their unread messages: those with the newest events first.',
  ),
  members: request(
    'members',
    { room, after: z.string().optional().describe('the last name of the page before'), limit },
    'Lists the people in a room.',
  ),
  read: request(
    'read',
    { room, seq: seq.describe('the last read event; may go back') },
    'Sets the read position. Of several in a second for one room the server may store the last alone; all are answered then.',
  ),
  notify: request(
    'notify',
    {
      room,
      level: level
        .or(z.literal('default'))
        .optional()
        .describe('which messages call you; "default": the client decides'),
      muted: z.boolean().optional().describe('whether the room is muted: nothing of it calls you'),
    },
    'Sets which messages of a room call you, and whether it is muted, on all your devices. What is left out stays.',
  ),
  mentions: request(
    'mentions',
    { cursor: z.string().max(256).optional().describe('from the page before'), limit },
    'Lists the messages in your rooms that mention you, the newest first.',
  ),
  typing: request('typing', { room, on: z.boolean() }, 'Says that the user is typing, or stopped.'),
  away: request(
    'away',
    { message: z.string().optional().describe('the away message; without it the user is back') },
    'Says that the user is away, or back.',
  ),
  ping: request('ping', {}, 'Asks for a sign of life.'),
  ...accountRequests,
} as const

/** The name of a request. */
export type RequestAction = keyof typeof requests

/** Every request, in the order of the documentation. */
export const REQUEST_ACTIONS = Object.keys(requests) as readonly RequestAction[]

/** A frame of a client: one of {@link requests}. */
export type Request<Action extends RequestAction = RequestAction> = {
  [A in Action]: z.infer<(typeof requests)[A]>
}[Action]

/** The union of all requests as one schema. */
export const clientFrame = z.discriminatedUnion('action', [
  requests.connect,
  requests.joinroom,
  requests.leaveroom,
  requests.chat,
  requests.edit,
  requests.delete,
  requests.react,
  requests.topic,
  requests.history,
  requests.search,
  requests.rooms,
  requests.members,
  requests.read,
  requests.notify,
  requests.mentions,
  requests.typing,
  requests.away,
  requests.ping,
  requests.register,
  requests.password,
  requests.account,
  requests.addkey,
  requests.token,
  requests.revoke,
  requests.invite,
  requests.mydata,
  requests.eraseme,
])

/** The requests that make an event; their `id` is its identity. */
export const EVENT_REQUESTS = [
  'chat',
  'edit',
  'delete',
  'react',
  'topic',
] as const satisfies readonly RequestAction[]

/** A request that makes an event. */
export type EventRequest = Request<(typeof EVENT_REQUESTS)[number]>

const title = z
  .string()
  .optional()
  .describe('what the room is called, where it was renamed; only for clients that understand `renames`')
const stored = z.object({ room: z.string(), seq: seq.min(1), ts: timestamp })

/** One room in the answer to `rooms`. */
export const roomSummary = z
  .object({
    room: z.string(),
    title,
    topic: z.string(),
    people: z.int().min(0),
    last: seq.describe('the seq of the newest event, 0: none'),
    read: seq.describe('the read position'),
    unread: z.int().min(0).describe("other people's undeleted messages after `read`, counted up to 1000"),
    mentions: z.int().min(0).describe('those of them that mention you'),
    ...notifying,
  })
  .meta({ id: 'RoomSummary' })

/** One person in the answer to `members`. */
export const member = z
  .object({
    name: z.string(),
    since: timestamp.describe('when the person joined'),
    away: z.string().optional().describe('the away message, if the person is away'),
    guest: z.literal(true).optional().describe('the person has no account; only where there are accounts'),
  })
  .meta({ id: 'Member' })

/** The fields of an `ok` beside `action` and `id`, by the action of the request that it answers. */
export const results = {
  joinroom: z.object({
    room: z.string(),
    title,
    epoch: z.string(),
    topic: z.string(),
    people: z.int().min(0),
    members: z.array(z.string()).optional().describe('names, in rooms of up to 200 people'),
    away: z
      .array(z.object({ name: z.string(), message: z.string() }))
      .optional()
      .describe('those of `members` who are away'),
    first: seq.describe('the oldest seq kept, 0: none'),
    last: seq.describe('the newest seq, 0: none; the replay ends when it is reached'),
    read: seq.describe('the read position'),
    ...notifying,
  }),
  leaveroom: z.object({ room: z.string() }),
  chat: stored,
  edit: stored,
  delete: stored,
  react: stored,
  topic: stored,
  history: z.object({
    events: z.array(event).describe('in order of seq'),
    first: seq.describe('the oldest seq kept, 0: none'),
    last: seq.describe('the newest seq when this was read: the messages are as of then'),
    moreBefore: z.boolean(),
    moreAfter: z.boolean(),
  }),
  search: z.object({
    hits: z.array(event).describe('the newest first'),
    cursor: z.string().optional().describe('for the next page, where there is one'),
    stopped: z
      .literal(true)
      .optional()
      .describe('the search took long and stopped here: a page with fewer hits, or none, is not the last'),
  }),
  rooms: z.object({
    rooms: z.array(roomSummary).describe('those with the newest events first'),
    more: z.literal(true).optional().describe('there are more'),
    cursor: z.string().optional().describe('for the next page, where there is one'),
  }),
  members: z.object({ members: z.array(member), more: z.boolean() }),
  read: z.object({ room: z.string(), seq }),
  notify: z.object({ room: z.string(), ...notifying }),
  mentions: z.object({
    hits: z.array(event).describe('the newest first'),
    cursor: z.string().optional().describe('for the next page, where there is one'),
  }),
  typing: z.object({}),
  away: z.object({}),
  ping: z.object({}),
  ...accountResults,
} as const satisfies Record<Exclude<RequestAction, 'connect'>, z.ZodObject>

/** The fields of the `ok` to a request. */
export type RequestResult<Action extends keyof typeof results> = z.infer<(typeof results)[Action]>
/** One room in the answer to `rooms`. */
export type RoomSummary = z.infer<typeof roomSummary>
/** One person in the answer to `members`. */
export type Member = z.infer<typeof member>
