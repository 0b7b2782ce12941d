import * as z from 'zod'

/** A position in a room's log: 0 is before the first event. */
export const seq = z.int().min(0)

/** Milliseconds since 1970. */
export const timestamp = z.int().min(0)

/** The identity of a request, made by the client; a UUID is a good one. */
export const requestId = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,64}$/)
  .describe('1 to 64 of `A-Za-z0-9_.:-`, made by the client; use a UUID, best of version 7')

/** What the owner of an account may be trusted with; `bot`: a program. */
export const role = z.enum(['user', 'admin', 'bot'])

const logged = {
  room: z.string().describe('the room, or `@name` for the direct conversation with that person'),
  seq: seq.min(1).describe('position in the room, strictly increasing, not always dense'),
  prev: seq.describe("the seq of the room's previous event, 0 for the first"),
  ts: timestamp.describe('when it was stored, for display only: order is `seq`'),
  from: z.string().describe('the name of its author'),
  id: requestId.describe("the request's id; made by the server if the request had none"),
  guest: z.literal(true).optional().describe('the author has no account; only where there are accounts'),
}

/** The people that reacted with one emoji. */
export const reaction = z.object({
  names: z.array(z.string()).describe('at most 50 of them'),
  count: z.int().min(1).describe('how many there are'),
})

/** The deletion of a message: its author and its time. */
export const deletion = z.object({
  seq: seq.min(1).describe('the seq of the `delete`'),
  by: z.string(),
  ts: timestamp,
})

/** A message in its state at the time of the frame. */
export const chatEvent = z
  .object({
    action: z.literal('chat'),
    ...logged,
    message: z.string().optional().describe('the text; missing after deletion'),
    replyTo: seq.min(1).optional().describe('the seq of the message that this one answers'),
    edited: seq.min(1).optional().describe('the seq of the last edit'),
    reactions: z.record(z.string(), reaction).optional().describe('emoji to names, in order of first use'),
    deleted: deletion.optional(),
  })
  .meta({ id: 'ChatEvent', description: 'A message, in its present state.' })

/** The text of a message was replaced. */
export const editEvent = z
  .object({
    action: z.literal('edit'),
    ...logged,
    target: seq.min(1).describe('the message'),
    message: z.string().optional().describe('its new text; missing if a later edit or delete replaced it'),
  })
  .meta({ id: 'EditEvent', description: 'A message got another text.' })

/** A message was deleted. */
export const deleteEvent = z
  .object({ action: z.literal('delete'), ...logged, target: seq.min(1).describe('the message') })
  .meta({ id: 'DeleteEvent', description: 'A message was deleted.' })

/** A person reacted to a message, or took the reaction back. */
export const reactEvent = z
  .object({
    action: z.literal('react'),
    ...logged,
    target: seq.min(1).describe('the message'),
    emoji: z.string(),
    on: z.boolean().describe('false takes the reaction back'),
  })
  .meta({ id: 'ReactEvent', description: 'A person reacted to a message, or took the reaction back.' })

/** The topic of a room was set. */
export const topicEvent = z
  .object({ action: z.literal('topic'), ...logged, topic: z.string().describe('empty: no topic') })
  .meta({ id: 'TopicEvent', description: 'The topic of a room was set.' })

/** An entry of a room's log. */
export const event = z.discriminatedUnion('action', [
  chatEvent,
  editEvent,
  deleteEvent,
  reactEvent,
  topicEvent,
])

/** A message, in its present state. */
export type ChatEvent = z.infer<typeof chatEvent>
/** A message got another text. */
export type EditEvent = z.infer<typeof editEvent>
/** A message was deleted. */
export type DeleteEvent = z.infer<typeof deleteEvent>
/** A person reacted to a message, or took the reaction back. */
export type ReactEvent = z.infer<typeof reactEvent>
/** The topic of a room was set. */
export type TopicEvent = z.infer<typeof topicEvent>
/** An entry of a room's log. */
export type RoomEvent = z.infer<typeof event>
/** The people that reacted with one emoji. */
export type Reaction = z.infer<typeof reaction>

/** The kinds of event that a log holds. */
export const EVENT_ACTIONS: ReadonlySet<string> = new Set(['chat', 'edit', 'delete', 'react', 'topic'])

/** Whether a frame is an entry of a log. */
export function isEvent<F extends { readonly action: string }>(frame: F): frame is F & RoomEvent {
  return EVENT_ACTIONS.has(frame.action)
}
