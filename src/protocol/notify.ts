import * as z from 'zod'

/** Which messages of a room call a person. */
export const NOTIFY_LEVELS = ['all', 'mentions', 'none'] as const
/** A level in a frame. */
export const level = z.enum(NOTIFY_LEVELS).describe('which messages call you')
/** What a person has set for a room: see the request `notify`. */
export const notifying = {
  level: level.optional().describe('which messages call you; without it the client decides'),
  muted: z.literal(true).optional().describe('the room is muted'),
}

/** One of {@link NOTIFY_LEVELS}. */
export type NotifyLevel = (typeof NOTIFY_LEVELS)[number]
