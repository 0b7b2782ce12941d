import { type Result, success } from '../../protocol/errors.ts'
import type { LogMaintenance, OperatorDeed } from '../log/maintenance.ts'
import { type Caller, callerText } from './caller.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'

/** Notes in the audit what a caller did. It is done also where it cannot be noted. */
export async function noteDeed(
  log: Pick<LogMaintenance, 'noteDeed'>,
  by: Caller,
  { deed, target, detail }: OperatorDeed,
): Promise<Result<undefined, TaskFailure>> {
  const noted = await log.noteDeed({ deed, target, detail: `${detail}, by ${callerText(by)}` })
  if (noted.ok) return success(undefined)
  return taskFailed('storage', `it is done, but could not be noted in the audit: ${noted.error}`)
}
