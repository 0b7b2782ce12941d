/** The search: its answers, and its keys. */

import type { Answer } from '../../client/pendingRequests.ts'
import type { ChatEvent, RoomEvent } from '../../protocol/events.ts'
import type { RequestResult } from '../../protocol/requests.ts'
import { parseSearch } from '../commands/searchWords.ts'
import type { ActionId } from '../input/bindings.ts'
import { MENTIONS } from '../model/effect.ts'
import { isServed } from '../model/message.ts'
import type { Search } from '../model/overlay.ts'
import { roomScreen, type ScreenState, withNotice, withRoom } from '../model/state.ts'
import { roomOf, roomsOf, type World } from '../model/world.ts'
import { hitsOnPage } from '../select/searchBox.ts'
import { clean, cleanLine } from '../text/clean.ts'
import { goToMessage } from './reach.ts'
import { left, showRoom } from './rooms.ts'
import { andThen, type Step, step } from './step.ts'

/** Opens the list of the messages that mention the user. */
export function openMentions(state: ScreenState, world: World): Step {
  if (!isServed(world, 'mentions'))
    return step(withNotice(state, clean`this server lists no mentions`, 'error'))
  if (world.client.link.status !== 'online')
    return step(withNotice(state, clean`the list of mentions needs a connection`, 'error'))
  const overlay: Search = {
    kind: 'search',
    isMentions: true,
    asked: MENTIONS,
    hits: undefined,
    cursor: undefined,
    chosen: 0,
    context: undefined,
    origin: undefined,
  }
  return step({ ...state, overlay }, { type: 'mentions' })
}

/** The state after a page of hits arrived. A page of a search that is closed changes nothing. */
export function found(
  state: ScreenState,
  asked: string,
  cursor: string | undefined,
  answer: Answer<Pick<RequestResult<'search'>, 'hits' | 'cursor'>>,
): ScreenState {
  const { overlay } = state
  if (overlay?.kind !== 'search' || overlay.asked !== asked || overlay.cursor !== cursor) return state
  if (!answer.ok) {
    const why = clean`not found: ${cleanLine(answer.error.message)}`
    return withNotice({ ...state, overlay: overlay.hits === undefined ? undefined : overlay }, why, 'error')
  }
  const hits = [...(overlay.hits ?? []), ...answer.value.hits.filter(isChat)]
  return { ...state, overlay: { ...overlay, hits, cursor: answer.value.cursor } }
}

/** The state after the context of a hit arrived. */
export function surrounded(
  state: ScreenState,
  seq: number,
  answer: Answer<RequestResult<'history'>>,
): ScreenState {
  const { overlay } = state
  if (overlay?.kind !== 'search' || overlay.context === undefined) return state
  if (overlay.hits?.[overlay.chosen]?.seq !== seq) return state
  if (answer.ok) return { ...state, overlay: { ...overlay, context: answer.value.events.filter(isChat) } }
  const closed = { ...state, overlay: { ...overlay, context: undefined } }
  return withNotice(closed, clean`not loaded: ${cleanLine(answer.error.message)}`, 'error')
}

function isChat(event: RoomEvent): event is ChatEvent {
  return event.action === 'chat'
}

/** The state after a key of the search. */
export function searchKey(
  state: ScreenState,
  world: World,
  search: Search,
  action: ActionId | undefined,
): Step {
  const hit = search.hits?.[search.chosen]
  switch (action) {
    case 'search.open':
      if (hit === undefined) return step(state)
      if (search.context !== undefined) return goTo(state, world, search, hit)
      return step(
        { ...state, overlay: { ...search, context: [] } },
        { type: 'context', room: hit.room, seq: hit.seq },
      )
    case 'search.next':
      return choose(state, world, search, 1)
    case 'search.previous':
      return choose(state, world, search, -1)
    case 'search.pageDown':
      return choose(state, world, search, hitsOnPage(state.size))
    case 'search.pageUp':
      return choose(state, world, search, -hitsOnPage(state.size))
    case 'search.first':
      return choose(state, world, search, Number.NEGATIVE_INFINITY)
    case 'search.last':
      return choose(state, world, search, Number.POSITIVE_INFINITY)
    case 'search.back':
      return goBack(state, world, search)
    case 'search.close':
      return step(withoutSearch(state, search))
    default:
      return step(state)
  }
}

/** The state after Esc: back from the context of a hit to the hits, or out of the search. */
export function closed(state: ScreenState, search: Search): ScreenState {
  return search.context === undefined
    ? withoutSearch(state, search)
    : { ...state, overlay: { ...search, context: undefined } }
}

/** The state with the last search open again, at the hit that was chosen in it. */
export function reopened(state: ScreenState): ScreenState {
  const { lastSearch } = state
  if (lastSearch === undefined) return withNotice(state, clean`nothing was searched yet: /search WORDS`)
  return { ...state, overlay: { ...lastSearch, context: undefined } }
}

function withoutSearch(state: ScreenState, search: Search): ScreenState {
  return { ...state, overlay: undefined, lastSearch: search.hits === undefined ? state.lastSearch : search }
}

/**
 * Chooses the hit `by` places further, at most to an end of the list, and shows its context where the context of a hit is
 * shown. Beyond the last hit it asks for the next page.
 */
function choose(state: ScreenState, world: World, search: Search, by: number): Step {
  const { hits = [], chosen, cursor, asked } = search
  const next = Math.max(0, Math.min(hits.length - 1, chosen + by))
  const hit = hits[next]
  if (hit === undefined) return step(state)
  if (next === chosen && search.isMentions === true)
    return step(state, ...(by > 0 && cursor !== undefined ? [{ type: 'mentions', cursor } as const] : []))
  if (next === chosen) {
    const parsed = parseSearch(asked, state, world)
    return by > 0 && cursor !== undefined && parsed.ok
      ? step(state, { type: 'search', asked, query: { ...parsed.value, cursor } })
      : step(state)
  }
  const isAround = search.context !== undefined
  const moved = { ...state, overlay: { ...search, chosen: next, ...(isAround ? { context: [] } : {}) } }
  return isAround ? step(moved, { type: 'context', room: hit.room, seq: hit.seq }) : step(moved)
}

/** Closes the search, and shows what was on the screen before a hit of it was opened. */
function goBack(state: ScreenState, world: World, search: Search): Step {
  const { origin } = search
  const left = withoutSearch(state, { ...search, origin: undefined })
  if (origin === undefined || roomOf(world, origin.room) === undefined) return step(left)
  return andThen(showRoom(left, world, origin.room), next =>
    step(withRoom(next, { anchor: origin.anchor, selection: undefined })),
  )
}

/** Shows the room of a hit, scrolls to the hit and selects it; the search keeps the way back. */
function goTo(state: ScreenState, world: World, search: Search, hit: ChatEvent): Step {
  const room = roomsOf(world).find(({ name }) => name === hit.room)
  if (room === undefined)
    return step(withNotice(state, clean`that room is not open: /join it first`, 'error'))
  const { current } = state
  const origin =
    search.origin ?? (current === undefined ? undefined : { room: current, anchor: roomScreen(state).anchor })
  const closed = left(withoutSearch(state, { ...search, origin }))
  const shown = showRoom({ ...closed, home: undefined }, world, room.key)
  return andThen(shown, next => goToMessage(next, world, room, hit.seq))
}
