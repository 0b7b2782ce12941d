import { Line } from '../transport/line.ts'
import type { Services } from './services.ts'

const message = 'everything said under this name is erased'

/** The `bye` of a connection whose person is erased. */
export const BYE_ERASED = Line.of({ action: 'bye', reason: 'erased', message })

/**
 * The log erases a person (a folded name): ends the connections, so that nothing more is said under the name, and forgets the
 * person when all is erased. The connection that asked for it has its answer first.
 */
export function endErased(
  { people, sessions, accounts, erasing }: Services,
  person: string,
  isDone: boolean,
): void {
  for (const peer of people.at(person)?.peers ?? [])
    if (!erasing.has(peer)) peer.sendAway(BYE_ERASED, 'erased')
  if (!isDone) return
  sessions.forget(person)
  accounts.forget(person)
  people.forget(person)
}
