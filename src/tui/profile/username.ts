import { randomInt } from 'node:crypto'
import { userInfo } from 'node:os'
import { parseUsername } from '../../protocol/names.ts'

const MAX_LENGTH = 32
/** Letters that are one in Unicode and lose no mark. */
const PLAIN: Readonly<Record<string, string>> = { ø: 'o', Ø: 'O', ł: 'l', Ł: 'L' }

/**
 * The name of somebody who gave none: the system's name of the account, folded into a valid one; where there is
 * none that can be folded, `guest-` and four digits.
 */
export function defaultUsername(env: NodeJS.ProcessEnv = process.env): string {
  for (const name of [accountName(), env['USER'], env['LOGNAME'], env['USERNAME']]) {
    const folded = name === undefined ? undefined : foldIntoUsername(name)
    if (folded !== undefined) return folded
  }
  return `guest-${randomInt(1000, 10_000)}`
}

/**
 * A valid username that looks like the given text: marks are taken off (`José` is `Jose`), every run of what a
 * name cannot have becomes one `_`. Undefined where nothing of it is left, and for reserved names.
 */
export function foldIntoUsername(text: string): string | undefined {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[øØłŁ]/g, letter => PLAIN[letter] ?? '')
  // The domain in front of a Windows account says nothing about the person.
  const name = plain
    .replace(/^.*\\/, '')
    .replace(/[^A-Za-z0-9_.-]+/g, '_')
    .replace(/^[_.-]+|[_]+$/g, '')
    .slice(0, MAX_LENGTH)
  const parsed = parseUsername(name)
  return parsed.ok ? parsed.value : undefined
}

/** Undefined in containers that run under a number which no account has. */
function accountName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}
