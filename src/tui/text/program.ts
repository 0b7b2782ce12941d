/** The parts of programs in messages, for their colours. */

import * as known from '@speed-highlight/core/languages'
import { type ShjLanguageData, type ShjToken, tokenizeWith } from '@speed-highlight/core/tokenize'
import type { CleanText } from './clean.ts'

/** What a stretch of a program is. */
export type Part = 'keyword' | 'string' | 'number' | 'comment' | 'name'

const PARTS: Readonly<Record<ShjToken, Part | undefined>> = {
  kwd: 'keyword',
  deleted: 'keyword',
  err: 'keyword',
  str: 'string',
  insert: 'string',
  esc: 'number',
  num: 'number',
  bool: 'number',
  cmnt: 'comment',
  func: 'name',
  class: 'name',
  type: 'name',
  section: 'name',
  var: 'name',
  oper: undefined,
}

/** Other names that people give languages. */
const ALIASES: Readonly<Record<string, string>> = {
  ...{ javascript: 'js', jsx: 'js', mjs: 'js', cjs: 'js', node: 'js', typescript: 'ts', tsx: 'ts' },
  ...{ python: 'py', python3: 'py', rust: 'rs', golang: 'go', perl: 'pl', makefile: 'make', markdown: 'md' },
  ...{ sh: 'bash', shell: 'bash', zsh: 'bash', console: 'bash', dockerfile: 'docker', yml: 'yaml' },
  ...{ cpp: 'c', 'c++': 'c', h: 'c', hpp: 'c', cs: 'java', kotlin: 'java', kt: 'java', scss: 'css' },
  ...{
    less: 'css',
    svg: 'xml',
    jsonc: 'json',
    json5: 'json',
    patch: 'diff',
    postgres: 'sql',
    regexp: 'regex',
  },
}

// The declarations of the library do not fit `exactOptionalPropertyTypes`.
const LANGUAGES = { ...known } as unknown as Readonly<Record<string, ShjLanguageData>>

/** The patterns of some languages take time that grows with the square of a length: of the program, and of a line. */
const MAX_LENGTH = 3_000
const MAX_LINE = 160

/** A stretch of a line: it ends where the next one begins. */
type Stretch = { readonly start: number; readonly style: Part | undefined }

/**
 * The stretches of each line of a program; none where its language is not known, or where it is long.
 * @param language as the sender named it
 */
export function programParts(lines: readonly CleanText[], language: string): readonly (readonly Stretch[])[] {
  const named = language.toLowerCase()
  const name = Object.hasOwn(ALIASES, named) ? (ALIASES[named] ?? named) : named
  const data = Object.hasOwn(LANGUAGES, name) ? LANGUAGES[name] : undefined
  const program = lines.join('\n')
  const isLong = program.length > MAX_LENGTH || lines.some(({ length }) => length > MAX_LINE)
  if (data === undefined || isLong) return []
  const found: Stretch[][] = [[]]
  let column = 0
  tokenizeWith(
    program,
    data,
    (text, token) => {
      const style = token === undefined ? undefined : PARTS[token]
      text.split('\n').forEach((piece, at) => {
        if (at > 0) {
          found.push([])
          column = 0
        }
        if (piece !== '') found.at(-1)?.push({ start: column, style })
        column += piece.length
      })
    },
    { languages: LANGUAGES },
  )
  return found
}
