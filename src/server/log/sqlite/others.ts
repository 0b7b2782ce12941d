import type { AppliedAccounts } from '../accounts.ts'
import type { AppliedChange } from '../applied.ts'
import type { Entry, EventEntry } from '../entries.ts'
import type { Committed, LoggedEvent } from '../log.ts'
import type { Others, Outcome } from './messages.ts'
import type { RoomHeads } from './roomHeads.ts'
import type { Position } from './storedEvent.ts'

/** What learns of entries that no batch waits for. */
export interface OthersListener {
  readonly heads: Pick<RoomHeads, 'happened' | 'put' | 'drop' | 'renamed'>
  /** Makes the event of an entry that was stored. */
  readonly stored: (entry: EventEntry, position: Position) => LoggedEvent
  readonly accountsChanged: (applied: AppliedAccounts) => void
  readonly applied: (applied: AppliedChange) => void
  readonly forgot: (numbers: readonly number[]) => void
  readonly renewed: (epoch: string) => void
  readonly tell: (events: readonly Committed[]) => void
}

/** Tells of entries that another daemon queued, or maintenance; in the order of the log. */
export function tellOthers({ entries, outcomes }: Others, listener: OthersListener): void {
  let events: LoggedEvent[] = []
  const tellEvents = (): void => {
    if (events.length > 0) listener.tell(events.map(event => ({ event, origin: undefined })))
    events = []
  }
  entries.forEach((entry, index) => {
    const outcome = outcomes[index]
    if (outcome === undefined) return
    events.push(...tellOne(entry, outcome, listener))
    const applied = appliedBy(entry, outcome)
    if (applied === undefined) return
    // What was said in a room comes before its end.
    tellEvents()
    listener.applied(applied)
  })
  tellEvents()
}

/** What an entry has done beside events and accounts; undefined: nothing. */
export function appliedBy(entry: Entry, outcome: Outcome, origin?: object): AppliedChange | undefined {
  switch (entry.kind) {
    case 'endRoom':
      if (outcome.kind !== 'ended') return undefined
      return { kind: 'roomEnded', roomKey: entry.roomKey, name: outcome.name }
    case 'renameRoom': {
      if (outcome.kind !== 'applied') return undefined
      const { roomKey, name, nameKey } = entry
      return { kind: 'roomRenamed', rename: { roomKey, name, nameKey } }
    }
    case 'erase':
      if (outcome.kind !== 'erased') return undefined
      return { kind: 'erased', person: entry.person, isDone: outcome.next === undefined }
    case 'forgotten':
    case 'floor':
    case 'read':
    case 'left':
    case 'notify':
      return outcome.kind === 'applied' ? { kind: 'session', change: entry, origin } : undefined
    default:
      return undefined
  }
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
      if (entry.kind === 'account')
        listener.accountsChanged({ entry, change: outcome.change, origin: undefined })
      return []
    case 'began':
      if (outcome.forgotten.length > 0) listener.forgot(outcome.forgotten)
      return []
    case 'ended':
      if (entry.kind === 'endRoom') heads.drop(entry.roomKey)
      return []
    case 'applied':
      if (entry.kind === 'renameRoom') heads.renamed(entry.roomKey, entry.name)
      if (entry.kind === 'epoch') listener.renewed(entry.epoch)
      return []
    case 'repeat':
    case 'refused':
    case 'unchanged':
    case 'swept':
      return []
  }
}
