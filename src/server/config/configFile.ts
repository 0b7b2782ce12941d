import { readFileSync, statSync } from 'node:fs'
import { distance } from 'fastest-levenshtein'
import { parse, TomlError } from 'smol-toml'
import type * as z from 'zod'
import { errorReason } from '../../files/errorCode.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { absolute } from '../exits.ts'
import { CONFIG_KEYS, type Config, configSchema } from './config.ts'

/** The file of the package. */
export const CONFIG_FILE = '/etc/chatd/chatd.conf'

/** The file that an option, or the environment, names; an empty variable names none. */
export function namedConfigFile(option: string | undefined): string | undefined {
  const named = option ?? process.env['CHATD_CONFIG']
  return named === undefined || named === '' ? undefined : absolute(named)
}

const MAX_BYTES = 1024 * 1024
/** A key that is so few letters away is meant. */
const CLOSE = 3

/** Reads a file of configuration. The error is sentences, one a line, each with the file, the line and what is allowed. */
export function readConfigFile(file: string): Result<Config, string> {
  let text: string
  try {
    const { size } = statSync(file)
    if (size > MAX_BYTES)
      return failure(`${file} has ${size} bytes; a configuration has at most ${MAX_BYTES}`)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const reason = errorReason(error)
    return failure(`${file} cannot be read (${reason}); name another with --config`)
  }
  return parseConfig(text, file)
}

/** The same for a text. @param file its name, for errors */
export function parseConfig(text: string, file: string): Result<Config, string> {
  let table: unknown
  try {
    table = parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [reason = ''] = error.message.split('\n')
    return failure(`${file}, line ${error.line}: ${reason.replace('Invalid TOML document: ', 'no TOML: ')}`)
  }
  const parsed = configSchema.safeParse(table)
  if (parsed.success) return success(parsed.data)
  const problems = parsed.error.issues.flatMap(sentences)
  return failure(problems.map(({ path, what }) => `${placeOf(text, file, path)}${what}`).join('\n'))
}

/** What is wrong with one key. */
interface Problem {
  readonly path: readonly string[]
  readonly what: string
}

/** What an issue of the schema says, for each key that it is about. */
export function sentences(issue: z.core.$ZodIssue): readonly Problem[] {
  const path = issue.path.filter(part => typeof part === 'string')
  const place = issue.path.map(part => (typeof part === 'number' ? `[${part + 1}]` : String(part)))
  const name = place.join('.').replaceAll('.[', '[')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => {
        const whole = [...path, key]
        return { path: whole, what: `there is no key ${whole.join('.')}${guess(whole.join('.'))}` }
      })
    case 'invalid_value':
      return [{ path, what: `${name}: write one of ${issue.values.map(String).join(', ')}` }]
    case 'invalid_type':
      return [
        {
          path,
          what: `${name}: ${issue.message.startsWith('It is') ? issue.message : kind(issue.expected)}`,
        },
      ]
    default:
      return [{ path, what: `${name}: ${issue.message}` }]
  }
}

function kind(expected: string): string {
  const kinds: Readonly<Record<string, string>> = {
    array: 'It is a list, such as ["one", "two"]',
    object: 'It is a table, with its keys below [limits]',
  }
  return kinds[expected] ?? `It is a ${expected}`
}

function guess(name: string): string {
  const near = CONFIG_KEYS.map(key => ({ name: key.name, far: distance(key.name, name) }))
  const [best] = near.sort((a, b) => a.far - b.far)
  // As many changes as a name has letters make any name of any other.
  const isClose = best !== undefined && best.far <= CLOSE && best.far < best.name.length
  return isClose ? `; did you mean ${best.name}?` : '; see chatd.conf(5)'
}

/** The file and the line of a key, as the beginning of a sentence. */
function placeOf(text: string, file: string, path: readonly string[]): string {
  const line = lineOf(text, path)
  return line === undefined ? `${file}: ` : `${file}, line ${line}: `
}

/** The line of a key, from 1 on; undefined where it cannot be told. Keys in quotes are found too. */
function lineOf(text: string, path: readonly string[]): number | undefined {
  const wanted = path.join('.')
  let table = ''
  for (const [at, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]
    if (header !== undefined) table = `${unquoted(header)}.`
    if (header !== undefined && unquoted(header) === wanted) return at + 1
    const key = /^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=/.exec(line)?.[1]
    if (key !== undefined && table + unquoted(key) === wanted) return at + 1
  }
  return undefined
}

const unquoted = (key: string): string => key.replaceAll(/["'\s]/g, '')
