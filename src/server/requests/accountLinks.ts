import type { DisconnectReason } from '../counters.ts'
import type { AccountChange, KeptAccount } from '../log/accounts.ts'
import type { Peer } from '../rooms/room.ts'
import { Line } from '../transport/line.ts'
import type { Services } from './services.ts'

/** Ends the connections that a change to accounts no longer allows, as it becomes durable. */
export function endLinks({ people, accounts }: Services, change: AccountChange): void {
  for (const key of new Set([...change.removed, ...change.accounts.map(({ person }) => person)])) {
    // As it stands now: another change may have come since.
    const account = accounts.find(key)
    for (const peer of people.at(key)?.peers ?? []) {
      const [reason, message] = whyEnd(account, peer) ?? []
      if (reason !== undefined && message !== undefined) peer.dismiss(reason, message)
    }
  }
}

function whyEnd(
  account: KeptAccount | undefined,
  peer: Peer,
): readonly [reason: DisconnectReason, message: string] | undefined {
  if (account === undefined) return ['revoked', 'this account was removed']
  if (account.isDisabled) return ['disabled', 'this account is disabled: ask the operator']
  if (peer.sessionNumber !== account.session)
    return ['name_registered', `"${account.name}" has an account now: sign in to it, or take another name`]
  const { secretNumber } = peer
  if (secretNumber === undefined || account.secrets.some(({ n }) => n === secretNumber)) return undefined
  return ['revoked', 'this device or token was revoked: sign in again']
}

/** Tells the other full connections of an account what happened to it. */
export function notifyOwner({ people }: Services, person: string, except: Peer, message: string): void {
  const line = Line.of({ action: 'notice', message })
  for (const peer of people.at(person)?.peers ?? [])
    if (peer !== except && !peer.isPlain && peer.scope === undefined) peer.send(line)
}
