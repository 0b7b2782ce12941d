import type { EventRequest } from '../protocol/requests.ts'

/** What became of something that we said. `sent` entries leave the outbox when their event is in the timeline. */
export type OutboxState =
  | { readonly status: 'waiting' }
  | { readonly status: 'sending' }
  | { readonly status: 'sent'; readonly seq: number; readonly ts: number }
  | { readonly status: 'failed'; readonly code: string; readonly message: string }

/** A request that makes an event, from when it was typed until its event is in the timeline. */
export interface OutboxEntry {
  /** The identity of the request, and of its event. */
  readonly id: string
  /** The key of its room. */
  readonly roomKey: string
  readonly request: EventRequest
  /** Our clock when it was typed. */
  readonly ts: number
  readonly state: OutboxState
}
