import type { NotifyLevel } from '../../protocol/notify.ts'

/** Which messages of a room call a person. */
export interface Notify {
  /** Undefined: the client decides. */
  readonly level: NotifyLevel | undefined
  readonly muted: boolean
}

/** A change of it; what is left out stays. */
export interface NotifyChange {
  /** `default`: the client decides. */
  readonly level?: NotifyLevel | 'default' | undefined
  readonly muted?: boolean | undefined
}

/** Takes back what is set. */
export const NOTHING_SET = { level: 'default', muted: false } as const satisfies NotifyChange

/** What is set after a change; undefined: nothing is. */
export function changedNotify(before: Notify | undefined, change: NotifyChange): Notify | undefined {
  const level = change.level === 'default' ? undefined : (change.level ?? before?.level)
  const muted = change.muted ?? before?.muted ?? false
  return level === undefined && !muted ? undefined : { level, muted }
}
