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

/** Whether people cannot take a name by themselves. */
export function isReserved(name: string): boolean {
  return RESERVED.has(skeletonOf(name.replaceAll(/[._-]/g, '')))
}
