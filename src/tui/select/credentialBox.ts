/** The dialog that asks for a key or a password, as a box. */

import { createEditor } from '../composer/editor.ts'
import { editorView } from '../composer/editorRows.ts'
import type { ShownKey } from '../model/account.ts'
import type { Credential } from '../model/overlay.ts'
import type { World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { wrapText } from '../text/wrap.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { EMPTY_ROW, type Row, repeated, span } from './row.ts'

const WIDEST = 76
/** The cell for each character of what is typed unseen. */
const HIDDEN = clean`*`

/** Something to choose in the dialog. */
export type Choice =
  | { readonly kind: 'key'; readonly key: ShownKey }
  | { readonly kind: 'password' }
  /** Another name, which needs no sign-in. */
  | { readonly kind: 'name' }

/** What the user can choose, in the order of the rows. */
export function choicesOf({ purpose, keys = [] }: Credential): readonly Choice[] {
  const byKey = keys.map((key): Choice => ({ kind: 'key', key }))
  switch (purpose.for) {
    case 'addKey':
      return byKey
    case 'newPassword':
      return []
    case 'register':
    case 'again':
      return [...byKey, { kind: 'password' }]
    case 'signIn': {
      const offered = purpose.methods.includes('key') ? byKey : []
      return [...offered, { kind: 'password' }, { kind: 'name' }]
    }
  }
}

/** The box, and where the cursor is on the screen. */
export function credentialBox(
  world: World,
  layout: Layout,
  dialog: Credential,
): { readonly box: Box; readonly cursor?: { readonly x: number; readonly y: number } } {
  const width = Math.min(WIDEST, layout.columns)
  const inner = width - BOX_SIDES
  const most = Math.max(1, layout.rows - BOX_ENDS - 1)
  const isTyping = dialog.stage !== 'choose'
  const below = isTyping ? typedRows(dialog, inner) : choiceRows(dialog, inner)
  const above = [
    ...wrapText(dialog.reason, inner).map((line): Row => [span(line, 'text')]),
    ...(dialog.problem === undefined ? [] : wrapText(dialog.problem, inner)).map(
      (line): Row => [span(line, 'warning')],
    ),
    EMPTY_ROW,
  ]
  // The rows to act on stay, however low the screen is.
  const shown = [...above.slice(0, Math.max(0, most - below.rows.length)), ...below.rows].slice(0, most)
  const box = boxOf(
    layout,
    titleOf(world, dialog),
    shown,
    width,
    Math.min(layout.rows, BOX_ENDS + shown.length),
  )
  if (below.cursor === undefined) return { box }
  return { box, cursor: { x: box.inside.x + 2 + below.cursor, y: box.inside.y + shown.length - 1 } }
}

function titleOf({ client }: World, { purpose, stage }: Credential): CleanText {
  const name = cleanLine(client.username)
  if (stage === 'repeat') return clean`The same password again`
  switch (purpose.for) {
    case 'signIn':
      return stage === 'choose' ? clean`Sign in as ${name}` : clean`Password of ${name}`
    case 'register':
      return stage === 'choose' ? clean`Make ${name} yours` : clean`New password of ${name}`
    case 'newPassword':
      return clean`New password of ${name}`
    case 'addKey':
      return clean`Add a key to ${name}`
    case 'again':
      return stage === 'choose' ? clean`Is it you, ${name}?` : clean`Password of ${name}`
  }
}

function choiceRows(
  dialog: Credential,
  width: number,
): { readonly rows: readonly Row[]; readonly cursor?: number } {
  const rows = choicesOf(dialog).map((choice, at): Row => {
    const isChosen = at === dialog.chosen
    return [
      span(isChosen ? clean`▌ ` : clean`  `, 'here'),
      span(choiceText(choice, width), isChosen ? 'here' : 'text'),
    ]
  })
  const looking: Row = [span(clean`  looking for your SSH keys…`, 'dim')]
  const none: Row = [span(clean`  you have no SSH key here: ssh-keygen -t ed25519 makes one`, 'dim')]
  if (dialog.keys === undefined) return { rows: [looking, ...rows] }
  return { rows: dialog.keys.length === 0 && dialog.purpose.for !== 'signIn' ? [none, ...rows] : rows }
}

function choiceText(choice: Choice, width: number): CleanText {
  switch (choice.kind) {
    case 'key': {
      const { fingerprint, comment } = choice.key
      const name = cleanLine(comment)
      // The beginning of a fingerprint tells keys apart where there is no room for all of it.
      const shown =
        width < fingerprint.length + comment.length + 8 ? `${fingerprint.slice(0, 15)}…` : fingerprint
      return name === '' ? clean`key ${cleanLine(shown)}` : clean`key ${cleanLine(shown)} ${name}`
    }
    case 'password':
      return clean`password`
    case 'name':
      return clean`another name`
  }
}

function typedRows(
  { editor }: Credential,
  width: number,
): { readonly rows: readonly Row[]; readonly cursor: number } {
  const before = [...editor.text.slice(0, editor.cursor)].length
  const after = [...editor.text.slice(editor.cursor)].length
  const line = createEditor(repeated(HIDDEN, before + after))
  const view = editorView({ ...line, cursor: before }, width - 2, 1)
  return { rows: [[span(clean`› `, 'here'), span(view.rows[0] ?? clean``)]], cursor: view.cursor.column }
}
