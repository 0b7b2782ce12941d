import { failure } from '../../protocol/errors.ts'

/**
 * The kinds of failure. `unknown`: no such room, user or log. `invalid`: not a name. `in_use`: another process has it.
 * `unhealthy`: a check found faults. `storage`: the log or the disk refused. `exists`: it is there already.
 * `not_running`: no daemon runs in the directory.
 */
export const TASK_FAILURES = [
  'unknown',
  'invalid',
  'in_use',
  'unhealthy',
  'storage',
  'exists',
  'not_running',
] as const

/** Why a task failed, for the operator: `message` says what to do next. */
export interface TaskFailure {
  readonly code: (typeof TASK_FAILURES)[number]
  readonly message: string
}

/** A failed task. */
export function taskFailed(
  code: TaskFailure['code'],
  message: string,
): { readonly ok: false; readonly error: TaskFailure } {
  return failure({ code, message })
}
