import type { AppliedChange } from '../log/applied.ts'
import { endLinks, tellOwner } from './accountLinks.ts'
import type { Client } from './client.ts'
import { endErased } from './erased.ts'
import { endRoom, renameRoom } from './roomChanges.ts'
import type { Services } from './services.ts'
import { tellSession } from './signals.ts'

/**
 * Brings what the log applies to the connections of this daemon, also what another daemon sent: a client sees the same, wherever a
 * change was made.
 */
export function followLog(services: Services, clients: () => Iterable<Client>): void {
  const { log, people, accounts, sessions } = services
  accounts.subscribe(news => {
    for (const { name } of news.change.accounts) people.spell(name)
    tellOwner(services, news)
    // A turn later: the sender of the change has its answer by then. So has that of a signal.
    setImmediate(() => endLinks(services, news.change))
  })
  sessions.subscribe(news => setImmediate(() => tellSession(services, news)))
  log.onApplied(applied => follow(services, clients(), applied))
}

function follow(services: Services, clients: Iterable<Client>, applied: AppliedChange): void {
  switch (applied.kind) {
    case 'roomEnded':
      return endRoom(services, clients, applied.roomKey, applied.name)
    case 'roomRenamed':
      return renameRoom(services, clients, applied.rename)
    case 'erased':
      return endErased(services, applied.person, applied.isDone)
    case 'session':
      // `Sessions` follows these, and tells what they come to.
      return
  }
}
