import { randomInt } from 'node:crypto'
import { userInfo } from 'node:os'
import { parseUsername } from '../../protocol/names.ts'

const MAX_LENGTH = 32
/** Letters that Unicode does not decompose into a plain letter and a mark. */
const PLAIN: Readonly<Record<string, string>> = { ø: 'o', Ø: 'O', ł: 'l', Ł: 'L' }

/**
 * The username where none was given: the system's name of the account, folded into a valid username. Where that leaves
 * nothing: `guest-` and four digits.
 */
export function defaultUsername(env: NodeJS.ProcessEnv = process.env): string {
  for (const name of [accountName(), env['USER'], env['LOGNAME'], env['USERNAME']]) {
    const folded = name === undefined ? undefined : foldIntoUsername(name)
    if (folded !== undefined) return folded
  }
  return `guest-${randomInt(1000, 10_000)}`
}

/**
 * A valid username that looks like the given text: marks are removed (`José` becomes `Jose`), and each run of invalid
 * characters becomes one `_`. Undefined where nothing is left, and for reserved names.
 */
export function foldIntoUsername(text: string): string | undefined {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[øØłŁ]/g, letter => PLAIN[letter] ?? '')
  // Windows puts a domain before the name of an account.
  const name = plain
    .replace(/^.*\\/, '')
    .replace(/[^A-Za-z0-9_.-]+/g, '_')
    .replace(/^[_.-]+|[_]+$/g, '')
    .slice(0, MAX_LENGTH)
  const parsed = parseUsername(name)
  return parsed.ok ? parsed.value : undefined
}

/** Undefined for an account that the system does not know, as in containers that run under a bare user number. */
function accountName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}
