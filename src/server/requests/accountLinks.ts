import type { AccountNews } from '../auth/accounts.ts'
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

/** Tells the full connections of an account what was changed of it by another one, here or at another daemon. */
export function tellOwner({ people }: Pick<Services, 'people'>, news: AccountNews): void {
  const { entry, origin } = news
  const told = entry.operator === undefined ? noticeOf(news) : undefined
  if (told === undefined) return
  const line = Line.of({ action: 'notice', message: told.message })
  for (const peer of people.at(told.person)?.peers ?? [])
    if (peer !== origin && !peer.isPlain && peer.scope === undefined) peer.send(line)
}

function noticeOf({
  entry: { deed },
  revoked,
}: AccountNews): { readonly person: string; readonly message: string } | undefined {
  switch (deed.deed) {
    case 'setPassword':
      return { person: deed.person, message: 'the password of your account was changed' }
    case 'addKey':
      return {
        person: deed.person,
        message: `the key ${deed.key.fingerprint} was added to your account (/keys lists them)`,
      }
    case 'addToken':
      return {
        person: deed.person,
        message: `a token was made for your account: ${deed.label} (/token lists them)`,
      }
    case 'signIn':
      if (deed.device === undefined) return undefined
      return {
        person: deed.person,
        message: `a new device signed in to your account: ${deed.device.label} (/devices lists them)`,
      }
    case 'revoke': {
      const what = revoked === undefined ? 'something' : `the ${revoked.kind} "${revoked.label}"`
      return { person: deed.person, message: `${what} was revoked from your account` }
    }
    default:
      return undefined
  }
}
