import type { AccountChange } from '../accounts.ts'
import type { Entry, EventEntry } from '../entries.ts'
import type { Committed, LoggedEvent } from '../log.ts'
import type { Others, Outcome } from './messages.ts'
import type { RoomHeads } from './roomHeads.ts'
import type { Position } from './storedEvent.ts'

/** What learns of entries that others stored. */
export interface OthersListener {
  readonly heads: Pick<RoomHeads, 'happened' | 'put' | 'drop' | 'renamed'>
  /** Makes the event of an entry that was stored. */
  readonly stored: (entry: EventEntry, position: Position) => LoggedEvent
  readonly accountsChanged: (change: AccountChange) => void
  readonly forgot: (numbers: readonly number[]) => void
  readonly renewed: (epoch: string) => void
  readonly tell: (events: readonly Committed[]) => void
}

/** Tells of entries of a shared log that another daemon queued, or maintenance; in the order of the log. */
export function tellOthers({ entries, outcomes }: Others, listener: OthersListener): void {
  const events: LoggedEvent[] = []
  entries.forEach((entry, index) => {
    const outcome = outcomes[index]
    if (outcome !== undefined) events.push(...tellOne(entry, outcome, listener))
  })
  if (events.length > 0) listener.tell(events.map(event => ({ event, origin: undefined })))
}

function tellOne(entry: Entry, outcome: Outcome, listener: OthersListener): readonly LoggedEvent[] {
  const { heads } = listener
  switch (outcome.kind) {
    case 'stored':
      return entry.kind === 'event' ? [listener.stored(entry, outcome)] : []
    case 'erased':
      for (const event of outcome.events) heads.happened(event)
      return outcome.events
    case 'forgot':
      if (outcome.head !== undefined) heads.put(outcome.head)
      return []
    case 'account':
      listener.accountsChanged(outcome.change)
      return []
    case 'began':
      if (outcome.forgotten.length > 0) listener.forgot(outcome.forgotten)
      return []
    case 'applied':
      if (entry.kind === 'endRoom') heads.drop(entry.roomKey)
      if (entry.kind === 'renameRoom') heads.renamed(entry.roomKey, entry.name)
      if (entry.kind === 'epoch') listener.renewed(entry.epoch)
      return []
    case 'repeat':
    case 'refused':
    case 'swept':
      return []
  }
}
