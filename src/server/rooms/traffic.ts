import { RecentRate } from '../recentRate.ts'

/** What rooms have handed to their members, all together. Added once a commit and room, never once a member. */
export class Traffic {
  /** Events. */
  events = 0
  /** Events times the members that they were handed to. */
  deliveries = 0
  /** Events of direct conversations, which no list names. */
  readonly directs = new RecentRate()
}

/** A room in the list of those where most happens. */
export interface BusyRoom {
  readonly name: string
  readonly people: number
  /** Connections in it. */
  readonly members: number
  /** Events a second, of late. */
  readonly perSecond: number
}
