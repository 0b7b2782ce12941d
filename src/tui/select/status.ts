/** The line at the bottom: the connection, the last notice, and the keys of the moment. */

import type { LinkState } from '../../client/link.ts'
import type { RoomView } from '../../client/room.ts'
import { type ActionId, hint } from '../input/bindings.ts'
import { isOurs, messageOf } from '../model/message.ts'
import { asksToBeRead } from '../model/roomOrder.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import { roomOf, roomsOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { listing } from './entryRows.ts'
import type { Layout } from './layout.ts'
import { fitsStatus } from './noticeBox.ts'
import type { Pane } from './pane.ts'
import { blanks, cutRow, type Row, rowWidth, type Span, span } from './row.ts'
import { sizeText } from './sizeText.ts'

/** Names that the typing note lists; more are counted. */
const TYPING_NAMES = 2

/** The status line. */
export function statusRow(state: ScreenState, world: World, layout: Layout, pane: Pane | undefined): Row {
  const width = layout.columns
  const note = fitsStatus(state, layout) ? noteSpan(state, world) : undefined
  const { link } = world.client
  const isShort = note !== undefined
  const isFine = link.status === 'online' && link.lateSince === undefined
  let left: Span[] = [span(clean` `), ...linkSpans(link, state.now, width - 2, isShort)]
  if (note !== undefined) {
    // The sign alone says that we are online.
    if (rowWidth(left) + 2 + rowWidth([note]) > width && isFine) left = left.slice(0, 2)
    left.push(span(clean`  `), note)
    if (link.status === 'waiting' && link.isMoving !== true) left.push(span(clean`  `), reasonSpan(link))
  }
  const keys = hintSpans(state, world, pane, width - rowWidth(left) - 3)
  const start = cutRow(left, width - rowWidth(keys))
  return [...start, span(blanks(width - rowWidth(start) - rowWidth(keys))), ...keys]
}

/**
 * The state of the connection. The reason stands before all hints of keys: it is cut where the line ends, and never left
 * out. `isShort`: something else is told, and the reason comes behind it.
 */
function linkSpans(link: LinkState, now: number, width: number, isShort: boolean): Span[] {
  if ('isMoving' in link)
    return [span(isShort ? clean`○ moving…` : clean`○ moving to another daemon…`, 'dim')]
  switch (link.status) {
    case 'online':
      if (link.lateSince !== undefined) return lateSpans(link.lateSince, now, isShort)
      return [span(clean`●`, 'good'), span(clean` online`, 'dim')]
    case 'connecting':
      return [span(clean`○ connecting…`, 'warning')]
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((link.retryAt - now) / 1000))
      const offline = span(clean`○ offline`, 'error')
      if (isShort) return [offline, span(clean`, ${seconds} s`, 'dim')]
      const reason = span(clean` ${reasonSpan(link).text}`, 'dim')
      const when = seconds === 0 ? clean`, trying again…` : clean`, next try in ${seconds} s`
      const long = [offline, span(when, 'dim'), reason]
      if (rowWidth(long) <= width) return long
      return [offline, span(clean`, ${seconds} s`, 'dim'), reason]
    }
    case 'refused':
      return [
        span(
          isShort ? clean`✗ refused` : clean`✗ ${cleanLine(link.message.split('\n', 1).join(''))}`,
          'error',
        ),
      ]
    case 'closed':
      return [span(clean`○ not connected`, 'dim')]
  }
}

function lateSpans(since: number, now: number, isShort: boolean): Span[] {
  const seconds = Math.max(0, Math.floor((now - since) / 1000))
  const late = isShort ? clean`○ no answer` : clean`○ the server has not answered for ${seconds} s`
  return [span(late, 'warning')]
}

function reasonSpan({ reason }: Extract<LinkState, { status: 'waiting' }>): Span {
  return span(clean`(${cleanLine(reason)})`, 'dim')
}

/** The most important note: a text that is too long, the last notice, an error, or users that are typing. */
function noteSpan(state: ScreenState, world: World): Span | undefined {
  if (state.notice !== undefined) return span(state.notice.text, state.notice.tone)
  const excess = excessOf(state, world)
  if (excess !== undefined) return excess
  const room = roomOf(world, state.current)
  if (room === undefined) return undefined
  if (room.status === 'failed') return span(cleanLine(room.error ?? 'this room could not be joined'), 'error')
  const typing = typingText(room)
  return typing === undefined ? undefined : span(typing, 'dim')
}

/** The part of a message's size from which on its size is shown. */
const NEARLY = 0.8

/** Tells how long the composed text is, where that is more than a message can have, or nearly; undefined if it is less. */
function excessOf(state: ScreenState, { client }: World): Span | undefined {
  const { text } = roomScreen(state).editor
  const most = client.limits.message
  // A UTF-16 unit has at most three bytes: short texts need no counting.
  if (text.length * 3 <= most * NEARLY) return undefined
  const bytes = Buffer.byteLength(text)
  if (bytes <= most * NEARLY) return undefined
  return bytes <= most
    ? span(clean`${sizeText(bytes)} of ${sizeText(most)}`, 'warning')
    : span(clean`${sizeText(bytes)}: a message can have ${sizeText(most)}`, 'error')
}

function typingText({ typing }: RoomView): CleanText | undefined {
  if (typing.length === 0) return undefined
  const names = typing.slice(0, TYPING_NAMES).map(name => cleanLine(name))
  const others = typing.length - names.length
  if (others > 0) names.push(others === 1 ? clean`1 other` : clean`${others} others`)
  return typing.length === 1 ? clean`${listing(names)} is typing…` : clean`${listing(names)} are typing…`
}

/** The keys of the moment, as many as fit. */
function hintSpans(state: ScreenState, world: World, pane: Pane | undefined, width: number): Row {
  let row: Row = []
  for (const id of hintsOf(state, world, pane)) {
    const { key, label } = hint(id)
    const next: Row = [
      ...row,
      ...(row.length === 0 ? [] : [span(clean`   `)]),
      span(cleanLine(key)),
      span(clean` ${cleanLine(label)}`, 'dim'),
    ]
    if (rowWidth(next) + 1 > width) break
    row = next
  }
  return row.length === 0 ? row : [...row, span(clean` `)]
}

function hintsOf(state: ScreenState, world: World, pane: Pane | undefined): readonly ActionId[] {
  switch (state.overlay?.kind) {
    case 'help':
      return ['help.pageDown', 'help.lineDown', 'app.escape']
    case 'search':
      return state.overlay.origin === undefined
        ? ['search.open', 'search.next', 'app.escape']
        : ['search.open', 'search.back', 'app.escape']
    case 'switcher':
      return ['switcher.open', 'switcher.next', 'app.escape']
    case 'recall':
      return ['recall.take', 'recall.older', 'app.escape']
    case 'name':
      return ['dialog.accept', 'app.escape']
    case 'credential':
      return state.overlay.stage === 'choose'
        ? ['credential.accept', 'credential.password', 'app.escape']
        : ['secret.accept', 'app.escape']
    case 'secrets':
      return state.overlay.isArmed
        ? ['secrets.confirm', 'app.escape']
        : state.overlay.of === 'key'
          ? ['secrets.revoke', 'secrets.add', 'app.escape']
          : ['secrets.revoke', 'app.escape']
    case 'refusal':
      return state.overlay.accepts === undefined
        ? ['app.escape', 'refusal.lineDown']
        : ['refusal.accept', 'app.escape', 'refusal.lineDown']
    case undefined:
      break
  }
  const { selection, about } = roomScreen(state)
  if (selection !== undefined) {
    if (selection.armed === 'delete') return ['selection.confirm', 'app.escape']
    if (selection.armed === 'react') return ['selection.emoji', 'app.escape']
    const message = pane === undefined ? undefined : messageOf(pane.room, selection.id)
    return message !== undefined && isOurs(world, message)
      ? ['selection.edit', 'selection.delete', 'app.escape']
      : ['selection.reply', 'selection.react', 'app.escape']
  }
  if (about !== undefined) return ['composer.send', 'composer.newline', 'app.escape']
  if (pane !== undefined && !pane.view.atBottom) return ['scroll.bottom', 'scroll.pageUp', 'app.help']
  if (roomScreen(state).editor.text !== '') return ['composer.send', 'composer.newline', 'composer.complete']
  const hasUnread = roomsOf(world).some(room => room.key !== state.current && asksToBeRead(room))
  if (hasUnread) return ['room.unread', 'room.switcher', 'app.help']
  const hasMessages = pane !== undefined && pane.room.timeline.length > 0
  return hasMessages
    ? ['selection.open', 'room.switcher', 'app.help']
    : ['app.help', 'room.switcher', 'view.people']
}
