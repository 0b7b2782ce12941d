/** What is typed behind `/search`: words, and where and whose they are to be. */

import type { SearchQuery } from '../../client/client.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { parseConversation, parseUsername } from '../../protocol/names.ts'
import type { ScreenState } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'

const DAY_MS = 24 * 60 * 60_000

/**
 * The query of words and of `in:ROOM` (`in:here` is the current room), `from:NAME` and `before:YYYY-MM-DD` (a day in
 * UTC, which is not in it) among them, in any order.
 */
export function parseSearch(typed: string, state: ScreenState, world: World): Result<SearchQuery, CleanText> {
  const words: string[] = []
  let where: { room?: string; from?: string; until?: number } = {}
  for (const word of typed.split(/\s+/).filter(part => part !== '')) {
    const [, kind, value = ''] = /^(in|from|before):(.+)$/i.exec(word) ?? []
    switch (kind?.toLowerCase()) {
      case undefined:
        words.push(word)
        break
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
        const day = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(value) : Number.NaN
        if (!(day >= DAY_MS)) return failure(clean`before: wants a day, as before:2026-11-20`)
        where = { ...where, until: day }
      }
    }
  }
  if (words.length === 0) return failure(clean`which words? /search in:here from:alice deploy`)
  const query = words.join(' ')
  const most = world.client.limits.query
  if (Buffer.byteLength(query) > most)
    return failure(clean`a search has at most ${most} bytes: use fewer words`)
  return success({ query, ...where })
}
