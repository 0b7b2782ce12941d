import type { NotifyLevel } from '../../protocol/notify.ts'

/** Which messages of a room call a person. */
export interface Notify {
  /** Undefined: the client decides. */
  readonly level: NotifyLevel | undefined
  readonly muted: boolean
}
