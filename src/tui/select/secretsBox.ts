/** The list of devices, keys or tokens of the own account, as a box. */

import type { AccountSecret } from '../../protocol/accountRequests.ts'
import type { Secrets } from '../model/overlay.ts'
import { type CleanText, clean, cleanLine, joinClean } from '../text/clean.ts'
import { wrapText } from '../text/wrap.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { EMPTY_ROW, type Row, span } from './row.ts'

const WIDEST = 84

const TITLES: Readonly<Record<AccountSecret['kind'], CleanText>> = {
  device: clean`Your devices`,
  key: clean`Your SSH keys`,
  token: clean`Your tokens`,
}

const EMPTY: Readonly<Record<AccountSecret['kind'], CleanText>> = {
  device: clean`no device is signed in`,
  key: clean`no key signs you in; A adds one`,
  token: clean`no program has a token; /token ROOM makes one`,
}

/** What the list shows. */
export function secretsOf({ secrets, of }: Secrets): readonly AccountSecret[] {
  return secrets.filter(({ kind }) => kind === of)
}

/** The box. */
export function secretsBox(layout: Layout, list: Secrets): Box {
  const width = Math.min(WIDEST, layout.columns)
  const inner = width - BOX_SIDES
  const secrets = secretsOf(list)
  const rows = secrets.map((secret, at) => secretRows(secret, at === list.chosen, inner))
  const note: Row = list.isArmed
    ? [span(clean`Ctrl+D revokes it: it is signed out at once`, 'warning')]
    : [span(clean`D revokes${list.of === 'key' ? clean`, A adds one` : clean``}`, 'dim')]
  const most = Math.max(1, layout.rows - BOX_ENDS - 3)
  const shown = rows.length === 0 ? [[span(EMPTY[list.of], 'dim')]] : visible(rows, list.chosen, most)
  const content = [...shown, EMPTY_ROW, note]
  return boxOf(layout, TITLES[list.of], content, width, Math.min(layout.rows, BOX_ENDS + content.length))
}

/** The rows around the chosen one that fit. */
function visible(rows: readonly (readonly Row[])[], chosen: number, most: number): readonly Row[] {
  let from = chosen
  let count = rows[chosen]?.length ?? 0
  while (from > 0 && count + (rows[from - 1]?.length ?? 0) <= most) count += rows[--from]?.length ?? 0
  return rows.slice(from).flat().slice(0, most)
}

function secretRows(secret: AccountSecret, isChosen: boolean, width: number): readonly Row[] {
  const tone = isChosen ? 'here' : 'text'
  return wrapText(secretText(secret), width - 2).map(
    (line, at): Row => [
      span(at === 0 && isChosen ? clean`▌ ` : clean`  `, 'here'),
      span(line, at === 0 ? tone : 'dim'),
    ],
  )
}

function secretText({ label, rooms, may, created, used, expires, here }: AccountSecret): CleanText {
  const parts = [
    cleanLine(label),
    ...(rooms === undefined
      ? []
      : [clean`${may === 'speak' ? clean`speaks in` : clean`reads`} ${cleanLine(rooms.join(', '))}`]),
    here === true
      ? clean`this device`
      : used === undefined
        ? clean`never used`
        : clean`last used ${dayText(used)}`,
    clean`since ${dayText(created)}`,
    ...(expires === undefined ? [] : [clean`until ${dayText(expires)}`]),
  ]
  return joinClean(parts, clean` · `)
}

function dayText(ts: number): CleanText {
  return cleanLine(new Date(ts).toISOString().slice(0, 10))
}
