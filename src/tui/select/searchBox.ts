/** The hits of a search, or the messages around one, as a box. */

import type { ChatEvent } from '../../protocol/events.ts'
import { type SearchTerm, searchTerms } from '../../protocol/searchTerms.ts'
import { searchedWords } from '../commands/searchWords.ts'
import type { Search } from '../model/overlay.ts'
import type { Size } from '../model/state.ts'
import { roomsOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine, cleanText } from '../text/clean.ts'
import { hueOf } from '../text/hues.ts'
import { wrapText } from '../text/wrap.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { excerptRow, markedRow } from './matches.ts'
import { roomLabel } from './roomLabel.ts'
import { EMPTY_ROW, type Row, span, spread } from './row.ts'

const WIDEST = 100
/** A hit shows a head and the beginning of its text. */
const ROWS_A_HIT = 2
/** Rows of a message in a context; longer ones are cut. */
const ROWS_OF_A_TEXT = 6
/** A narrower row has the day of a message in digits. */
const LEAST_FOR_WORDS = 60
/** The cells of the bar before each row. */
const BAR = 2

/** The box. */
export function searchBox(world: World, layout: Layout, search: Search): Box {
  const margin = layout.columns >= 60 ? 4 : 0
  const width = Math.min(WIDEST, layout.columns - margin)
  const content = contentOf(world, search, width - BOX_SIDES, heightOf(layout) - BOX_ENDS)
  return boxOf(layout, titleOf(search), content, width, heightOf(layout))
}

/** How many hits the box shows at once. */
export function hitsOnPage(size: Size): number {
  return Math.max(1, Math.floor((heightOf(size) - BOX_ENDS) / ROWS_A_HIT))
}

function heightOf({ rows }: Pick<Size, 'rows'>): number {
  return Math.max(BOX_ENDS + 1, rows - (rows >= 16 ? 5 : 1))
}

function titleOf({ asked, isMentions, hits, cursor, chosen, context }: Search): CleanText {
  const words = isMentions === true ? clean`you` : cleanLine(asked)
  const what = isMentions === true ? clean`Mentions of` : clean`Search`
  if (context !== undefined) return clean`Around it`
  if (hits === undefined || hits.length === 0)
    return clean`${what}${isMentions === true ? clean` ` : clean`: `}${words}`
  const more = cursor === undefined ? clean`` : clean`+`
  return clean`${what}${isMentions === true ? clean` ` : clean`: `}${words}  ${chosen + 1} of ${hits.length}${more}`
}

function contentOf(world: World, search: Search, width: number, height: number): readonly Row[] {
  const { hits, chosen, context } = search
  const terms = searchTerms(
    search.isMentions === true ? `@${world.client.username}` : searchedWords(search.asked),
  )
  if (hits === undefined) return [[span(clean`searching…`, 'dim')]]
  const hit = hits[chosen]
  if (hit === undefined)
    return [
      [
        span(
          search.isMentions === true
            ? clean`no message in your rooms mentions you`
            : clean`nothing found in your rooms`,
          'dim',
        ),
      ],
    ]
  if (context !== undefined) return contextRows(world, context, hit, terms, width, height)
  const most = Math.max(1, Math.floor(height / ROWS_A_HIT))
  const first = Math.max(0, Math.min(chosen - (most >> 1), hits.length - most))
  return hits
    .slice(first, first + most)
    .flatMap((event, at) => hitRows(world, event, terms, first + at === chosen, width))
}

/** `▌ #dev  alice        23 November 14:02`, and the part of the text with the first match. */
function hitRows(
  world: World,
  event: ChatEvent,
  terms: readonly SearchTerm[],
  isChosen: boolean,
  width: number,
): Row[] {
  const bar = span(isChosen ? clean`▌ ` : clean`  `, 'here')
  const tone = isChosen ? 'here' : 'strong'
  const head: Row = [bar, span(roomText(world, event.room), tone), span(clean`  `), nameSpan(event)]
  const text = excerptRow(cleanLine(event.message ?? ''), terms, width - BAR)
  return [spread(head, [span(whenText(world, event, width), 'dim')], width), [bar, ...text]]
}

/** The messages around a hit, with the hit in the middle if possible. */
function contextRows(
  world: World,
  context: readonly ChatEvent[],
  hit: ChatEvent,
  terms: readonly SearchTerm[],
  width: number,
  height: number,
): readonly Row[] {
  if (context.length === 0) return [[span(clean`loading…`, 'dim')]]
  const blocks = context.map(event => messageBlock(world, event, terms, event.seq === hit.seq, width))
  const at = context.findIndex(({ seq }) => seq === hit.seq)
  const above = blocks.slice(0, Math.max(0, at)).reduce((rows, block) => rows + block.length, 0)
  const rows = blocks.flat()
  const own = blocks[at]?.length ?? 0
  const first = Math.max(0, Math.min(above - ((height - own) >> 1), rows.length - height))
  return rows.slice(first, first + height)
}

function messageBlock(
  world: World,
  event: ChatEvent,
  terms: readonly SearchTerm[],
  isHit: boolean,
  width: number,
): Row[] {
  const bar = span(isHit ? clean`▌ ` : clean`  `, 'here')
  const head: Row = [bar, nameSpan(event)]
  const lines =
    event.message === undefined
      ? [[bar, span(clean`message deleted`, 'dim')]]
      : wrapText(cleanText(event.message), Math.max(1, width - BAR)).map(
          (line): Row => [bar, ...(isHit ? markedRow(line, terms) : [span(line)])],
        )
  const shown = lines.slice(0, ROWS_OF_A_TEXT)
  const rest: Row[] = lines.length > shown.length ? [[bar, span(clean`…`, 'dim')]] : []
  return [spread(head, [span(whenText(world, event, width), 'dim')], width), ...shown, ...rest, EMPTY_ROW]
}

const nameSpan = ({ from }: ChatEvent): Row[number] => span(cleanLine(from), `name.${hueOf(from)}`)

/** The label of a room, from its name in the protocol. */
const roomText = (world: World, room: string): CleanText =>
  room.startsWith('@')
    ? cleanLine(room)
    : roomLabel({ kind: 'room', title: roomsOf(world).find(({ name }) => name === room)?.title ?? room })

/** The day in words, or in digits where a row has no room for them beside the room and the sender. */
const whenText = ({ clock }: World, { ts }: ChatEvent, width: number): CleanText =>
  clean`${width < LEAST_FOR_WORDS ? cleanLine(clock.day(ts)) : clock.dayLabel(ts)} ${clock.time(ts)}`
