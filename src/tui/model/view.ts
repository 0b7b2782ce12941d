/** Where the user is in a timeline. */

/** A position in a timeline that holds while rows come and go around it. */
export type Anchor = {
  /** The entry, see `entryKey`. */
  readonly key: string
  /** The row at the top of the pane, counted from the entry's own first row; negative: above it. */
  readonly row: number
  /** The last known index of the entry; the search for it begins there. */
  readonly hint: number
}

/** What the user saw: a room, and where in it. */
export type View = { readonly room: string; readonly anchor: Anchor | 'bottom' }
