import type { Logger } from '../logger.ts'
import type { Caller } from './caller.ts'
import type { Task } from './tasks.ts'

/** The fields of a line about a task. */
type Fields = Readonly<Record<string, unknown>>

/**
 * Logs a task that ended, where the audit notes such tasks: those that change something, and exports.
 * @param result `ok`, or the code of its failure
 */
export function logAdmin(logger: Logger, what: Task, by: Caller, result: string): void {
  const fields = changeOf(what)
  if (fields !== undefined)
    logger.info({ event: 'admin', task: what.task, by, ...fields, result }, 'a task of the operator')
}

/** Whether the line of a task comes when it ends. The others are looks. */
export function isAdmin(what: Task): boolean {
  return changeOf(what) !== undefined
}

/** What the log may hold of a task: names that users gave are left out, and so is every text. Undefined for a look. */
function changeOf(what: Task): Fields | undefined {
  switch (what.task) {
    case 'audit':
    case 'check':
    case 'fingerprint':
    case 'inviteList':
    case 'roomList':
    case 'status':
    case 'tokenList':
    case 'userList':
    case 'who':
      return undefined
    case 'retain': {
      const { room, keep, acceptsClock } = what
      if (keep === undefined && acceptsClock !== true) return undefined
      return { of: room === undefined ? 'all rooms' : 'one room', keep, acceptsClock }
    }
    case 'logLevel':
      return what.level === undefined ? undefined : { level: what.level }
    case 'policy':
      return what.names === undefined && what.guests === undefined
        ? undefined
        : { names: what.names, guests: what.guests }
    case 'userKeys':
      return what.add.length === 0 && what.remove === undefined
        ? undefined
        : { added: what.add.length, removed: what.remove }
    case 'userDevices':
      return what.revoke === undefined ? undefined : { revoked: what.revoke }
    case 'kick':
      return { of: !what.isName && /^c\d+$/.test(what.whom) ? what.whom : 'one user' }
    case 'announce':
      return { of: what.room === undefined ? 'all connections' : 'one room' }
    case 'userAdd':
    case 'userRole':
      return { role: what.role }
    case 'userDisable':
      return { isDisabled: what.isDisabled }
    case 'tokenAdd':
      return { may: what.may, rooms: what.rooms.length }
    case 'tokenRevoke':
    case 'inviteRevoke':
      return { n: what.n }
    case 'invite':
      return { role: what.role, uses: what.uses }
    default:
      // The name of the task says it all.
      return {}
  }
}
