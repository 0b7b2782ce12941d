import type { Refusal } from '../../protocol/errors.ts'
import { skeletonOf } from '../log/skeleton.ts'

/** Names that would pass for the server or for those who run it. The operator can give them to accounts. */
const RESERVED: ReadonlySet<string> = new Set(
  [
    'admin',
    'administrator',
    'all',
    'channel',
    'everyone',
    'here',
    'mod',
    'moderator',
    'operator',
    'server',
    'support',
    'sysop',
    'system',
  ].map(skeletonOf),
)

/** Why people cannot take a name by themselves; undefined where they can. */
export function refuseReserved(name: string): Refusal | undefined {
  if (!RESERVED.has(skeletonOf(name.replaceAll(/[._-]/g, '')))) return undefined
  const message = `"${name}" is kept for those who run this server; choose another name`
  return { code: 'name_invalid', message }
}
