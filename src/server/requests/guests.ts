import { setTimeout as wait } from 'node:timers/promises'
import { type Result, refuse, success } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import { refuseReserved } from '../auth/reservedNames.ts'
import { nameLike } from '../log/skeleton.ts'
import type { Session } from '../rooms/heldSession.ts'
import type { Peer } from '../rooms/room.ts'
import type { Admission } from './admission.ts'
import type { Client } from './client.ts'
import { askFor } from './proving.ts'
import type { Services } from './services.ts'
import { shareOf } from './shareOf.ts'

/** How long a client that comes back waits for the end of its old connection, ms, and how often it looks. */
const WAIT_FOR_OLD = 6_000
const LOOK_EVERY = 250

/** What a guest brings: a name, and the secret of an open session where it has one. */
interface Guest {
  readonly name: string
  readonly session: Session | undefined
  readonly secret: string | undefined
}

/** A person without an account: continues an open session, or begins one, where the policy and the others allow. */
export function asGuest(client: Client, guest: Guest): Result<Admission> | Promise<Result<Admission>> {
  // A name with an account and one without look alike where there are no guests.
  if (client.services.accounts.policy.guests === 'none')
    return { ok: false, error: askFor(client, belongs(guest.name)) }
  const others = othersAs(client, guest)
  if (others.length === 0) return enter(client, guest)
  if (others.every(other => isYounger(other, guest.session))) {
    for (const other of others)
      other.oust(
        'name_taken',
        `the owner of an older session of "${guest.name}" came back: choose another name`,
      )
    return enter(client, guest)
  }
  if (!isReturn(client, others)) return taken(guest.name)
  for (const other of others) other.doubt()
  return enterAfter(client, guest)
}

/** The same admission, unless another client has taken the name while this one waited. */
export function stillFree(client: Client, admission: Result<Admission>): Result<Admission> {
  if (!admission.ok || admission.value.account !== undefined) return admission
  return othersAs(client, admission.value).length === 0 ? admission : taken(admission.value.name)
}

/** That a name has an account. */
export function belongs(name: string): string {
  return `"${name}" belongs to somebody: sign in`
}

/** The connections under the name by other sessions, or by none: those of one session are let in beside each other. */
function othersAs({ services }: Client, { name, session }: Pick<Guest, 'name' | 'session'>): Peer[] {
  const peers = [...(services.people.find(name)?.peers ?? [])]
  return peers.filter(peer => session === undefined || peer.sessionNumber !== session.number)
}

/** Whether a connection came to the name after a session did; one without a session always has. */
function isYounger({ sessionNumber }: Peer, session: Session | undefined): boolean {
  return session !== undefined && (sessionNumber ?? Number.POSITIVE_INFINITY) > session.number
}

/**
 * Whether all those connections may be old ones of this client, which its machine has lost. Links within this machine are never
 * lost. Clients from elsewhere cause no doubt: it makes a link more fragile for a while.
 */
function isReturn({ connection }: Client, others: readonly Peer[]): boolean {
  return !connection.isLocal && others.every(other => other.address === connection.address)
}

async function enterAfter(client: Client, guest: Guest): Promise<Result<Admission>> {
  const deadline = performance.now() + WAIT_FOR_OLD
  while (performance.now() < deadline && !client.isGone) {
    await wait(LOOK_EVERY)
    await client.services.links.look()
    if (othersAs(client, guest).length > 0) continue
    // Another client may have registered it meanwhile.
    const account = client.services.accounts.find(foldName(guest.name))
    if (account !== undefined) return { ok: false, error: askFor(client, belongs(guest.name)) }
    return enter(client, guest)
  }
  return taken(guest.name)
}

function taken(name: string): Result<never> {
  return refuse('name_taken', `another client is connected as "${name}"; choose another name or try later`)
}

function enter(client: Client, { name, session, secret }: Guest): Result<Admission> {
  const { sessions, log, accounts, people } = client.services
  const guest = { name, account: undefined, secretNumber: undefined, scope: undefined }
  if (session !== undefined) {
    sessions.noteUse(session)
    sessions.takeName(session, log.last, shareOf(client.connection, session.person, undefined))
    return success({ ...guest, session, secret })
  }
  const reserved = refuseReserved(name)
  if (reserved !== undefined) return { ok: false, error: reserved }
  const like = accounts.lookalike(name) ?? people.lookalike(name)
  if (like !== undefined) return { ok: false, error: nameLike(name, like) }
  const ms = waitForName(client, name)
  if (ms > 0)
    return refuse(
      'rate_limited',
      'your address has taken many new names; wait, or sign in to one that has an account',
      { retryAfter: Math.ceil(ms) },
    )
  if (client.isPlain) return success({ ...guest, session, secret })
  return success({ ...guest, ...beginSession(client, name) })
}

/** How long an address waits for another new name, ms. A plain client takes none by a name that was here. */
function waitForName({ isPlain, connection, services }: Client, name: string): number {
  if (isPlain && services.people.spelled(foldName(name)) !== undefined) return 0
  const { isLocal, limitedBy: address } = connection
  return services.strangers.begin({ address, isLocal }, performance.now())
}

function beginSession(client: Client, name: string): ReturnType<Services['sessions']['begin']> {
  const { sessions, strangers, log, people } = client.services
  const connected = [...(people.find(name)?.peers ?? [])].flatMap(({ sessionNumber }) => sessionNumber ?? [])
  const share = shareOf(client.connection, foldName(name), undefined)
  const begun = sessions.begin({ name, began: log.last, connected, share })
  if (!client.connection.isLocal) strangers.began(begun.session.number, performance.now())
  return begun
}
