/** The search in the texts that were sent, as a box: an input line, and the matching texts. */

import { foldText } from '../../protocol/foldedText.ts'
import { searchTerms } from '../../protocol/searchTerms.ts'
import { editorView } from '../composer/editorRows.ts'
import type { Recall } from '../model/overlay.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import { clean, cleanLine } from '../text/clean.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { excerptRow } from './matches.ts'
import { type Row, span } from './row.ts'

const WIDEST = 80
const MOST_MATCHES = 10

/** The sent texts that hold a query, each once: those of the current room first, the newest first. */
export function recallMatches(state: ScreenState, query: string): readonly string[] {
  const wanted = foldText(query).trim()
  return sentTexts(state).flatMap(({ text, folded }) => (folded.includes(wanted) ? [text] : []))
}

type SentText = { readonly text: string; readonly folded: string }

/** Folding hundreds of long pastes takes 100 ms, and the texts stay the same while a query is typed. */
const kept = new WeakMap<
  ScreenState['rooms'],
  { readonly current: string | undefined; readonly texts: readonly SentText[] }
>()

function sentTexts(state: ScreenState): readonly SentText[] {
  const known = kept.get(state.rooms)
  if (known !== undefined && known.current === state.current) return known.texts
  const others = [...state.rooms].filter(([key]) => key !== state.current).map(([, room]) => room)
  const entries = [roomScreen(state), ...others].flatMap(({ history }) => history.entries.toReversed())
  const texts = [...new Set(entries)].map(text => ({ text, folded: foldText(text) }))
  kept.set(state.rooms, { current: state.current, texts })
  return texts
}

/** The box, and where the cursor is on the screen. */
export function recallBox(
  state: ScreenState,
  layout: Layout,
  search: Recall,
): { readonly box: Box; readonly cursor: { readonly x: number; readonly y: number } } {
  const width = Math.min(WIDEST, layout.columns - (layout.columns >= 60 ? 4 : 0))
  const inner = width - BOX_SIDES
  const matches = recallMatches(state, search.editor.text)
  const most = Math.max(1, Math.min(MOST_MATCHES, layout.rows - BOX_ENDS - 3))
  const first = Math.max(0, Math.min(search.chosen - most + 1, matches.length - most))
  const { rows: typed, cursor } = editorView(search.editor, inner - 2, 1)
  const terms = searchTerms(search.editor.text)
  const found = matches.slice(first, first + most).map((text, at): Row => {
    const isChosen = first + at === search.chosen
    return [span(isChosen ? clean`▌ ` : clean`  `, 'here'), ...excerptRow(cleanLine(text), terms, inner - 2)]
  })
  const line: Row = [span(clean`› `, 'here'), span(typed[0] ?? clean``)]
  const nothing: Row = [span(clean`no text that you sent has this`, 'dim')]
  const content = [line, [], ...(found.length === 0 ? [nothing] : found)]
  const box = boxOf(layout, clean`Sent before`, content, width, Math.min(layout.rows, BOX_ENDS + 2 + most))
  return { box, cursor: { x: box.inside.x + 2 + cursor.column, y: box.inside.y } }
}
