/** The texts that a composer sent, for recall. Edits of recalled texts are kept until a text is sent. */

/** The sent texts, and the one that the composer shows. Plain data, immutable. */
export type InputHistory = {
  /** Oldest first, no text twice in a row. */
  readonly entries: readonly string[]
  /** The entry that the composer shows; `entries.length` is the draft. */
  readonly at: number
  /** Edited texts of entries, and the draft, by index. */
  readonly edited: ReadonlyMap<number, string>
}

/** Texts that are kept; more than a user recalls. */
const MAX_ENTRIES = 200

/** A history without texts. */
export const EMPTY_HISTORY: InputHistory = { entries: [], at: 0, edited: new Map() }

/** The history with `text` as its newest entry, standing at an empty draft. Blank texts are not kept. */
export function remember(history: InputHistory, text: string): InputHistory {
  const isNew = text.trim() !== '' && history.entries.at(-1) !== text
  const entries = isNew ? [...history.entries, text].slice(-MAX_ENTRIES) : history.entries
  return { entries, at: entries.length, edited: new Map() }
}

/** The history at the entry before, and the text to show; undefined at the oldest. */
export function older(
  history: InputHistory,
  shown: string,
): { history: InputHistory; text: string } | undefined {
  return history.at === 0 ? undefined : walked(history, shown, history.at - 1)
}

/** The history at the entry after, or at the draft behind the newest, and the text to show; undefined at the draft. */
export function newer(
  history: InputHistory,
  shown: string,
): { history: InputHistory; text: string } | undefined {
  return history.at === history.entries.length ? undefined : walked(history, shown, history.at + 1)
}

/** The history at an entry, by its index, and the text to show. */
export function jumpedTo(
  history: InputHistory,
  shown: string,
  at: number,
): { history: InputHistory; text: string } {
  return walked(history, shown, at)
}

function walked(history: InputHistory, shown: string, at: number): { history: InputHistory; text: string } {
  const edited = new Map(history.edited).set(history.at, shown)
  return { history: { ...history, at, edited }, text: edited.get(at) ?? history.entries[at] ?? '' }
}
