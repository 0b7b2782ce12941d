/** How large a bench is: what the options of the command line set. */
export interface Sizes {
  /** Events of the long log. */
  readonly events: number
  /** The data directory with the long log; undefined: one below the directory for temporary files, which is kept. */
  readonly log?: string | undefined
  /** How long one measurement of the parts with the long log, and of those with many rooms, lasts; s. */
  readonly seconds: number
  /** The share of the people, rooms and sessions that the parts with the long log, and those with many rooms, have. */
  readonly scale: number
  /** The members of the rooms of `burst`. */
  readonly members: readonly number[]
}

/** The sizes of docs/performance.md. */
export const DEFAULT_SIZES: Sizes = {
  events: 10_000_000,
  seconds: 10,
  scale: 1,
  members: [100, 1_000, 5_000],
}

/** A number of people, rooms or sessions at the scale of a run; at least 1. */
export function scaled(count: number, { scale }: Sizes): number {
  return Math.max(1, Math.round(count * scale))
}

/** A number as the rows of tables show it. */
export function counted(count: number): string {
  return count.toLocaleString('en-US')
}
