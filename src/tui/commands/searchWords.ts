/** What is typed behind `/search`: words, and where and whose they are to be. */

import type { SearchQuery } from '../../client/client.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { parseConversation, parseUsername } from '../../protocol/names.ts'
import { searchTerms } from '../../protocol/searchTerms.ts'
import type { ScreenState } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'

/** Words in quotes, which may lack the closing one, or anything between blanks. */
const PART = /["“”„«][^"“”„«»]*["“”»]?|[^\s"“”„«]+/gu
const FILTER = /^(in|from|before):(.+)$/i

/** The words of a typed search, without what restricts it: `ship it` of `from:alice ship it`. */
export function searchedWords(typed: string): string {
  return partsOf(typed)
    .filter(part => !FILTER.test(part))
    .join(' ')
}

/**
 * The query of words and of `in:ROOM` (`in:here` is the current room), `from:NAME` and `before:YYYY-MM-DD` (a day of the
 * reader's time zone, which is not in it) among them, in any order. A name alone is a query too.
 */
export function parseSearch(typed: string, state: ScreenState, world: World): Result<SearchQuery, CleanText> {
  let where: { room?: string; from?: string; until?: number } = {}
  for (const part of partsOf(typed)) {
    const [, kind, value = ''] = FILTER.exec(part) ?? []
    switch (kind?.toLowerCase()) {
      case 'in': {
        const name = value === 'here' ? (roomOf(world, state.current)?.name ?? '') : value.replace(/^#/, '')
        const conversation = parseConversation(name)
        if (!conversation.ok) return failure(cleanLine(conversation.error.message))
        where = { ...where, room: name }
        break
      }
      case 'from': {
        const name = parseUsername(value.replace(/^@/, ''))
        if (!name.ok) return failure(cleanLine(name.error.message))
        where = { ...where, from: name.value }
        break
      }
      case 'before': {
        const until = world.clock.dayStart(value)
        if (until === undefined) return failure(clean`before: wants a day, as before:2026-11-20`)
        where = { ...where, until }
      }
    }
  }
  const query = searchedWords(typed)
  if (query === '' && where.from === undefined)
    return failure(clean`which words? /search in:here from:alice deploy`)
  if (query !== '' && searchTerms(query).length === 0)
    return failure(clean`a search wants letters, digits or signs such as + and €`)
  const most = world.client.limits.query
  if (Buffer.byteLength(query) > most)
    return failure(clean`a search has at most ${most} bytes: use fewer words`)
  return success({ query, ...where })
}

function partsOf(typed: string): readonly string[] {
  return typed.match(PART) ?? []
}
