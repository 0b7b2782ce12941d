import { userInfo } from 'node:os'
import * as z from 'zod'

/** A user of the machine, without blanks and characters that draw nothing or turn text around. */
const USER = /^[^\p{C}\p{Z}]{1,64}$/u

/** Who runs a command, as the command itself says: the daemon cannot check it. */
export const caller = z.object({
  user: z.string().regex(USER),
  uid: z.int().min(0).optional(),
})

/** The user of the machine who runs a command. */
export type Caller = z.infer<typeof caller>

/** A task came without saying who sent it. */
export const UNKNOWN_CALLER: Caller = { user: 'unknown' }

/** The user who runs this process: the one who called sudo, and the user id that sudo gave. */
export function thisCaller(env: NodeJS.ProcessEnv = process.env): Caller {
  const user = env['SUDO_USER'] ?? ownName()
  const uid = process.getuid?.()
  return { user: USER.test(user) ? user : 'unknown', ...(uid === undefined ? {} : { uid }) }
}

/** A caller as the audit writes it. */
export function callerText({ user, uid }: Caller): string {
  return uid === undefined ? user : `${user} (uid ${uid})`
}

function ownName(): string {
  try {
    return userInfo().username
  } catch {
    // A user id without a name, as in a container.
    return 'unknown'
  }
}
