import { type Result, refuse, success } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import type { Request } from '../../protocol/requests.ts'
import { sshKeyLine } from '../../protocol/sshKey.ts'
import { checkNewPassword } from '../auth/passwords.ts'
import { refuseReserved } from '../auth/reservedNames.ts'
import { newSecret, secretHash } from '../auth/secretHash.ts'
import type { Credential, KeptAccount, NewDevice, TokenScope } from '../log/accounts.ts'
import { resolveName } from '../log/namedRooms.ts'
import type { Session } from '../rooms/heldSession.ts'
import type { Claim } from '../roster/names.ts'
import type { Client } from './client.ts'
import { askFor, notRight, prove, signerOf } from './proving.ts'

/** What a client comes in with. */
export interface Admission {
  /** The name; as clients show it where the server has not seen it before. */
  readonly name: string
  /** A plain client without an account has none. */
  readonly session: Session | undefined
  /** What opens the session next time; a plain client has none. */
  readonly secret: string | undefined
  /** Undefined: a guest. */
  readonly account: KeptAccount | undefined
  /** The number of its device or token. */
  readonly secretNumber: number | undefined
  readonly scope: TokenScope | undefined
  /** When its token expires, ms since 1970. */
  readonly expires?: number | undefined
  /** Of a guest, where other daemons can want the same name. */
  readonly claim?: Claim | undefined
}

type Connect = Request<'connect'>

const MAX_LABEL = 64

/** The account that a device or a token opens; undefined where it opens none of this person's (a folded name). */
export function byDevice(client: Client, person: string, secret: string): Admission | undefined {
  const { accounts, sessions } = client.services
  const opened = accounts.open(person, secret)
  if (opened === undefined) return undefined
  accounts.noteUse(opened.secret)
  const { account } = opened
  const { n: secretNumber, scope, expires } = opened.secret
  const session = sessions.ofAccount(account.session)
  return { name: account.name, session, secret, account, secretNumber, scope, expires }
}

/** Signs in by a password or a key; a full client gets a device of its own. */
export async function byCredential(client: Client, request: Connect): Promise<Result<Admission>> {
  const { accounts, sessions } = client.services
  const person = foldName(request.username)
  const proof = await prove(client, request.username, request)
  if (!proof.ok) return proof
  // The owner hung up: a device would be added that nobody has.
  if (client.isGone) return { ok: false, error: notRight(client) }
  const device = client.isPlain ? undefined : newDevice(request)
  const old = request.session === undefined ? undefined : secretHash(request.session)
  const deed = { deed: 'signIn', person, proof: proof.value, device: device?.kept, old } as const
  const changed = await accounts.change(deed, undefined, client)
  if (!changed.ok) return changed
  const [account] = changed.value.accounts
  if (account === undefined) throw new Error('a device was added to no account')
  return success(admitted(account, sessions.ofAccount(account.session), device?.secret, changed.value.n))
}

/** Takes an invitation: with a password or a key for the account that it makes, or for one that it resets. */
export async function byInvite(
  client: Client,
  request: Connect,
  name: string,
  code: string,
): Promise<Result<Admission>> {
  const { accounts, sessions } = client.services
  const invite = accounts.invite(code)
  if (client.isPlain)
    return refuse('auth_failed', 'an invitation is for clients that connect with "protocol":1')
  if (invite === undefined)
    return refuse(
      'auth_failed',
      'this invitation is not known here: it was used, taken back, or has expired; ask for another',
    )
  if (invite.name !== undefined && foldName(invite.name) !== foldName(name))
    return refuse('auth_failed', `this invitation is for "${invite.name}"`)
  if (invite.purpose === 'account' && accounts.find(foldName(name)) !== undefined)
    return refuse('name_taken', `"${name}" has an account already: choose another name`)
  const reserved = invite.name === undefined ? refuseReserved(name) : undefined
  if (reserved !== undefined) return { ok: false, error: reserved }
  if (request.password === undefined && request.signature === undefined)
    return { ok: false, error: askFor(client, 'choose a password, or bring a key, for this account') }
  const credential = await newCredential(client, request, name)
  if (!credential.ok) return credential
  const device = newDevice(request)
  const changed = await accounts.change({
    deed: 'redeem',
    invite: invite.hash,
    name,
    session: sessions.reserve(),
    device: device.kept,
    ...credential.value,
  })
  if (!changed.ok) return changed
  const [account] = changed.value.accounts
  if (account === undefined) throw new Error('an invitation made no account')
  client.entrance.provedAt = performance.now()
  const session = sessions.ofAccount(account.session)
  if (session !== undefined) enlistIn(client, session, invite.rooms)
  return success(admitted(account, session, device.secret, changed.value.n))
}

function admitted(
  account: KeptAccount,
  session: Session | undefined,
  secret: string | undefined,
  secretNumber: number | undefined,
): Admission {
  return { name: account.name, account, session, secret, secretNumber, scope: undefined }
}

/** What an account will be opened by; a key has to sign, so that nobody gets one that does not. */
async function newCredential(client: Client, request: Connect, name: string): Promise<Result<Credential>> {
  const { password, signature } = request
  const signer = signature === undefined ? undefined : signerOf(client, request.username, signature)
  if (signer?.ok === false) return signer
  const key = signer && {
    fingerprint: signer.value.fingerprint,
    line: sshKeyLine(signer.value),
    label: request.device ?? '',
  }
  if (password === undefined) return success({ key })
  const fits = checkNewPassword(password, name)
  if (!fits.ok) return fits
  const hashed = await client.services.passwords.hash(password)
  return hashed.ok ? success({ key, password: hashed.value }) : hashed
}

function newDevice(request: Connect): { readonly secret: string; readonly kept: NewDevice } {
  const secret = newSecret()
  return { secret, kept: { hash: secretHash(secret), label: deviceLabel(request) } }
}

/** What the list of devices calls a client. */
export function deviceLabel({ device, client }: Connect): string {
  const label = cleanLabel(device ?? client ?? '').slice(0, MAX_LABEL)
  return label === '' ? 'a device' : label
}

/** A label for people: one line, without characters that draw nothing or turn text around. */
export function cleanLabel(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()
}

function enlistIn(client: Client, session: Session, rooms: readonly string[]): void {
  const { sessions, log } = client.services
  for (const room of rooms) {
    const parsed = resolveName(log, room)
    if (!parsed.ok || parsed.value.kind !== 'room' || session.reads.has(parsed.value.key)) continue
    sessions.enlist(session, parsed.value.key, log.head(parsed.value.key)?.last ?? 0)
  }
}
