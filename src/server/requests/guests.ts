import { setTimeout as wait } from 'node:timers/promises'
import { type Result, refuse, success } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import { refuseReserved } from '../auth/reservedNames.ts'
import { inTime } from '../inTime.ts'
import { nameLike } from '../log/skeleton.ts'
import type { Session } from '../rooms/heldSession.ts'
import type { Peer } from '../rooms/room.ts'
import type { Claim } from '../roster/names.ts'
import type { Roster } from '../roster/roster.ts'
import type { Admission } from './admission.ts'
import type { Client } from './client.ts'
import { askFor } from './proving.ts'
import type { Services } from './services.ts'
import { shareOf } from './shareOf.ts'

/** How long a client that comes back waits for the end of its old connection, ms, and how often it looks. */
const WAIT_FOR_OLD = 6_000
const LOOK_EVERY = 250
/** How long a new guest waits until its session is stored, ms. Where brokers do not answer it comes in nevertheless. */
const STORED_WITHIN = 3_000

/** What a guest brings: a name, and the secret of an open session where it has one. */
interface Guest {
  readonly name: string
  readonly session: Session | undefined
  readonly secret: string | undefined
}

/** A person without an account: continues an open session, or begins one, where the policy and the others allow. */
export function asGuest(client: Client, guest: Guest): Result<Admission> | Promise<Result<Admission>> {
  const admission = decide(client, guest)
  const { session } = guest
  if (session === undefined || !(admission instanceof Promise)) return admission
  return holding(client, session, admission)
}

/** Has memory keep a session while its client is let in: else the client would miss what the log applies to it meanwhile. */
function holding<T>({ services: { sessions } }: Client, session: Session, work: Promise<T>): Promise<T> {
  sessions.connect(session)
  // A client that is let in has it before the next turn.
  return work.finally(() => setImmediate(() => sessions.disconnect(session)))
}

function decide(client: Client, guest: Guest): Result<Admission> | Promise<Result<Admission>> {
  // A name with an account and one without look alike where there are no guests.
  if (client.services.accounts.policy.guests === 'none')
    return { ok: false, error: askFor(client, belongs(guest.name)) }
  const others = othersAs(client, guest)
  if (others.length === 0) return enter(client, guest)
  if (others.every(other => isYounger(other, guest.session))) return enter(client, guest, others)
  if (!isReturn(client, others)) return taken(guest.name)
  for (const other of others) other.doubt()
  return enterAfter(client, guest)
}

/**
 * The same admission, unless another client has taken the name while this one waited. One whose session is younger, and that this
 * daemon hears of only now, goes.
 */
export function stillFree(client: Client, admission: Result<Admission>): Result<Admission> {
  if (!admission.ok || admission.value.account !== undefined) return admission
  const { name, session, claim } = admission.value
  const others = othersAs(client, { name, session })
  if (others.every(other => isYounger(other, session))) {
    oust(others, name)
    return admission
  }
  claim?.release()
  return taken(name)
}

/**
 * A connection of another daemon has a name. Those of this one go that should not have it beside that one: two daemons that did
 * not hear each other may have let both in. Each of them decides the same.
 */
export function yieldTo({ people, accounts }: Services, other: Peer, self: string): void {
  const key = other.personKey
  const person = key === undefined ? undefined : people.at(key)
  if (person === undefined || person.peers.size === 0 || accounts.find(person.key) !== undefined) return
  const theirs = other.sessionNumber ?? Number.POSITIVE_INFINITY
  for (const peer of [...person.peers]) {
    const ours = peer.sessionNumber ?? Number.POSITIVE_INFINITY
    const isLater = ours === theirs ? self > (other.daemon ?? '') : ours > theirs
    const isSame = peer.sessionNumber !== undefined && peer.sessionNumber === other.sessionNumber
    if (isLater && !isSame) oust([peer], person.name)
  }
}

/** Connections that another daemon doubts are looked at as often as their clients are waited for. */
export async function lookAtDoubted({ links }: Services): Promise<void> {
  const deadline = performance.now() + WAIT_FOR_OLD
  while (performance.now() < deadline) {
    await wait(LOOK_EVERY)
    await links.look()
  }
}

/** That a name has an account. */
export function belongs(name: string): string {
  return `"${name}" belongs to somebody: sign in`
}

/** The connections under the name by other sessions, or by none: those of one session are let in beside each other. */
function othersAs({ services }: Client, { name, session }: Pick<Guest, 'name' | 'session'>): Peer[] {
  const { peers = [], elsewhere = [] } = services.people.find(name) ?? {}
  return [...peers, ...elsewhere].filter(
    peer => session === undefined || peer.sessionNumber !== session.number,
  )
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
    const others = othersAs(client, guest)
    if (!others.every(other => isYounger(other, guest.session))) continue
    // Another client may have registered it meanwhile.
    const account = client.services.accounts.find(foldName(guest.name))
    if (account !== undefined) return { ok: false, error: askFor(client, belongs(guest.name)) }
    return enter(client, guest, others)
  }
  return taken(guest.name)
}

function taken(name: string): Result<never> {
  return refuse('name_taken', `another client is connected as "${name}"; choose another name or try later`)
}

function oust(peers: readonly Peer[], name: string): void {
  for (const peer of peers)
    peer.oust('name_taken', `the owner of an older session of "${name}" came back: choose another name`)
}

/** @param younger connections by younger sessions, or by none: they go */
function enter(
  client: Client,
  guest: Guest,
  younger: readonly Peer[] = [],
): Result<Admission> | Promise<Result<Admission>> {
  const { roster } = client.services
  if (roster !== undefined) return enterAmongDaemons(client, roster, guest, younger)
  oust(younger, guest.name)
  return refuseNew(client, guest) ?? admit(client, guest, {})
}

/** Of two guests who come at once, at two daemons, one gets the name. */
async function enterAmongDaemons(
  client: Client,
  roster: Roster,
  guest: Guest,
  younger: readonly Peer[],
): Promise<Result<Admission>> {
  const { name, session } = guest
  const { accounts, sessions } = client.services
  // Before anything is stored for it at the brokers.
  const unfit = refuseNew(client, guest)
  if (unfit !== undefined) return unfit
  const elsewhere = younger.filter(({ daemon }) => daemon !== undefined)
  oust(
    younger.filter(({ daemon }) => daemon === undefined),
    name,
  )
  const number = session?.number ?? (client.isPlain ? undefined : await sessions.reserveFresh())
  const isNumbered = client.isPlain || number !== undefined
  const claimed = isNumbered
    ? await roster.names.claim(foldName(name), number, session !== undefined)
    : 'unanswered'
  if (claimed === 'taken') return taken(name)
  if (claimed === 'unanswered' && (session === undefined || elsewhere.length > 0))
    return refuse(
      'storage_unavailable',
      `the servers cannot agree now on who is "${name}"; try again in a moment`,
    )
  oust(elsewhere, name)
  const claim =
    claimed === 'unanswered' ? session && roster.names.hold(foldName(name), session.number) : claimed
  // Another client may have registered it meanwhile.
  const isFree = accounts.find(foldName(name)) === undefined
  const refused = isFree
    ? refuseNew(client, guest)
    : { ok: false as const, error: askFor(client, belongs(name)) }
  if (refused === undefined) return admitStored(client, guest, { number, claim })
  claim?.release()
  return refused
}

/** Admits a guest whose session is to be known at every daemon that its client goes to. */
async function admitStored(client: Client, guest: Guest, given: Given): Promise<Result<Admission>> {
  const { promise: isStored, resolve: stored } = Promise.withResolvers<void>()
  const admission = admit(client, guest, { ...given, stored })
  const begun = guest.session === undefined && admission.ok ? admission.value.session : undefined
  if (begun !== undefined) await holding(client, begun, inTime(isStored, STORED_WITHIN))
  return admission
}

/** Why a guest without a session may not take a name; undefined where it may. */
function refuseNew(client: Client, { name, session }: Guest): Result<never> | undefined {
  if (session !== undefined) return undefined
  const { accounts, people } = client.services
  const reserved = refuseReserved(name)
  if (reserved !== undefined) return { ok: false, error: reserved }
  const like = accounts.lookalike(name) ?? people.lookalike(name)
  if (like !== undefined) return { ok: false, error: nameLike(name, like) }
  const ms = waitForName(client, name)
  if (ms === 0) return undefined
  return refuse(
    'rate_limited',
    'your address has taken many new names; wait, or sign in to one that has an account',
    { retryAfter: Math.ceil(ms) },
  )
}

/** What a guest was given at all daemons: the name, and the number for a session that begins. */
interface Given {
  readonly claim?: Claim | undefined
  readonly number?: number | undefined
  /** Called when the session that begins is stored. */
  readonly stored?: () => void
}

function admit(
  client: Client,
  { name, session, secret }: Guest,
  { claim, number, stored }: Given,
): Result<Admission> {
  const { sessions, log } = client.services
  const guest = { name, account: undefined, secretNumber: undefined, scope: undefined, claim }
  if (session !== undefined) {
    sessions.noteUse(session)
    sessions.takeName(session, log.last, shareOf(client.connection, session.person, undefined))
    return success({ ...guest, session, secret })
  }
  countName(client, name)
  if (client.isPlain) return success({ ...guest, session, secret })
  return success({ ...guest, ...beginSession(client, name, number, stored) })
}

/** How long an address waits for another new name, ms. */
function waitForName(client: Client, name: string): number {
  if (!isNewName(client, name)) return 0
  const { isLocal, limitedBy: address } = client.connection
  return client.services.strangers.waitToBegin({ address, isLocal }, performance.now())
}

function countName(client: Client, name: string): void {
  if (!isNewName(client, name)) return
  const { isLocal, limitedBy: address } = client.connection
  client.services.strangers.begin({ address, isLocal }, performance.now())
}

/** Whether a client takes a new name of its address: a plain client does not with a name that was here. */
function isNewName({ isPlain, services }: Client, name: string): boolean {
  return !isPlain || services.people.spelled(foldName(name)) === undefined
}

function beginSession(
  client: Client,
  name: string,
  number: number | undefined,
  stored: (() => void) | undefined,
): ReturnType<Services['sessions']['begin']> {
  const { sessions, strangers, log, people } = client.services
  const { peers = [], elsewhere = [] } = people.find(name) ?? {}
  const connected = [...peers, ...elsewhere].flatMap(({ sessionNumber }) => sessionNumber ?? [])
  const share = shareOf(client.connection, foldName(name), undefined)
  const begun = sessions.begin({ name, began: log.last, connected, share, number, stored })
  if (!client.connection.isLocal) strangers.began(begun.session.number, performance.now())
  return begun
}
