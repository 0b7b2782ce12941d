import type { Refusal } from '../../protocol/errors.ts'

/** The refusal of what was on its way to a room when it was deleted. */
export function roomEnded(name: string): Refusal {
  return { code: 'not_found', message: `the operator deleted the room "${name}"; join it to begin another` }
}

/** The key of the direct conversation of two people, by their folded names. No room has such a key. */
export function directKey(a: string, b: string): string {
  return a < b ? `@${a} @${b}` : `@${b} @${a}`
}

/** The two folded names of a direct conversation's key; undefined for the key of a room. */
export function directNames(key: string): readonly [string, string] | undefined {
  if (!key.startsWith('@')) return undefined
  const [a, b] = key.split(' ')
  return a === undefined || b === undefined ? undefined : [a.slice(1), b.slice(1)]
}
