/** What was sent from this composer, to be called back. What is edited while looking back is kept until something is sent. */

/** The texts sent, and where in them the composer stands. Plain data, immutable. */
export type InputHistory = {
  /** Oldest first, no text twice in a row. */
  readonly entries: readonly string[]
  /** The entry that the composer shows; `entries.length` is the draft. */
  readonly at: number
  /** What was made of entries, and of the draft, while looking back; by index. */
  readonly edited: ReadonlyMap<number, string>
}

/** Texts kept; more than anybody walks through with Up. */
const MAX_ENTRIES = 200

/** Nothing sent yet. */
export const EMPTY_HISTORY: InputHistory = { entries: [], at: 0, edited: new Map() }

/** The history with `text` as its newest entry, standing at an empty draft. Blank texts are not kept. */
export function remember(history: InputHistory, text: string): InputHistory {
  const isNew = text.trim() !== '' && history.entries.at(-1) !== text
  const entries = isNew ? [...history.entries, text].slice(-MAX_ENTRIES) : history.entries
  return { entries, at: entries.length, edited: new Map() }
}

/** The entry before the shown one and what the composer is to show; undefined at the oldest. */
export function older(
  history: InputHistory,
  shown: string,
): { history: InputHistory; text: string } | undefined {
  return history.at === 0 ? undefined : walked(history, shown, history.at - 1)
}

/** The entry after the shown one, or the draft behind the newest; undefined at the draft. */
export function newer(
  history: InputHistory,
  shown: string,
): { history: InputHistory; text: string } | undefined {
  return history.at === history.entries.length ? undefined : walked(history, shown, history.at + 1)
}

function walked(history: InputHistory, shown: string, at: number): { history: InputHistory; text: string } {
  const edited = new Map(history.edited).set(history.at, shown)
  return { history: { ...history, at, edited }, text: edited.get(at) ?? history.entries[at] ?? '' }
}
