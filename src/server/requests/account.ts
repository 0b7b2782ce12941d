import { randomBytes } from 'node:crypto'
import type { AccountSecret } from '../../protocol/accountRequests.ts'
import { type Result, refuse, success } from '../../protocol/errors.ts'
import { inviteCodeFrom } from '../../protocol/inviteLink.ts'
import type { Request } from '../../protocol/requests.ts'
import { parseSshKey, type SshKey, sshKeyLine } from '../../protocol/sshKey.ts'
import { tokenFrom } from '../../protocol/tokens.ts'
import { checkNewPassword } from '../auth/passwords.ts'
import { secretHash } from '../auth/secretHash.ts'
import type { AccountChange, AccountDeed, KeptSecret, KeyLine } from '../log/accounts.ts'
import type { Person } from '../rooms/people.ts'
import { cleanLabel } from './admission.ts'
import type { Client } from './client.ts'
import { resolve } from './conversation.ts'
import { proveAgain } from './proving.ts'

const DAY = 86_400_000
const INVITE_DAYS = 7

/** Serves `register`: makes an account of the name and the session of this client. */
export async function register(client: Client, person: Person, request: Request<'register'>): Promise<void> {
  const { accounts, passwords } = client.services
  const { session } = client
  const account = accounts.find(person.key)
  if (account !== undefined)
    return client.refuse(
      { code: 'forbidden', message: `"${account.name}" has an account already` },
      request.id,
    )
  if (session === undefined) {
    const { error } = refuse('forbidden', 'only clients that connect with "protocol":1 register')
    return client.refuse(error, request.id)
  }
  const key = request.key === undefined ? undefined : keyOf(request.key)
  if (key?.ok === false) return client.refuse(key.error, request.id)
  const { password } = request
  if (password === undefined && key === undefined) {
    const { error } = refuse('bad_frame', 'an account needs a password or a key')
    return client.refuse(error, request.id)
  }
  const fits = password === undefined ? success(undefined) : checkNewPassword(password, person.name)
  if (!fits.ok) return client.refuse(fits.error, request.id)
  const { isLocal, limitedBy: address } = client.connection
  const ms = client.services.strangers.register({ address, isLocal }, performance.now())
  if (ms > 0) {
    const { error } = refuse('rate_limited', 'many accounts were registered from your address; wait', {
      retryAfter: Math.ceil(ms),
    })
    return client.refuse(error, request.id)
  }
  const hashed = password === undefined ? success(undefined) : await passwords.hash(password)
  if (!hashed.ok) return client.refuse(hashed.error, request.id)
  const changed = await accounts.change(
    {
      deed: 'register',
      session: session.number,
      label: client.deviceName,
      password: hashed.value,
      key: key && lineOf(key.value),
    },
    person.key,
  )
  if (!changed.ok) return client.refuse(changed.error, request.id)
  client.secretNumber = changed.value.accounts[0]?.secrets.find(({ kind }) => kind === 'device')?.n
  client.entrance.provedAt = performance.now()
  client.ok(request, { role: 'user' })
}

/** Serves `password`: sets the password of the account. */
export async function setPassword(
  client: Client,
  person: Person,
  request: Request<'password'>,
): Promise<void> {
  const { passwords } = client.services
  const fits = checkNewPassword(request.new, person.name)
  if (!fits.ok) return client.refuse(fits.error, request.id)
  const proved = await proveAgain(client, person.name, {
    password: request.old,
    signature: request.signature,
  })
  if (!proved.ok) return client.refuse(proved.error, request.id)
  const hashed = await passwords.hash(request.new)
  if (!hashed.ok) return client.refuse(hashed.error, request.id)
  const changed = await change(client, person, request, {
    deed: 'setPassword',
    person: person.key,
    password: hashed.value,
  })
  if (changed !== undefined) client.ok(request, {})
}

/** Serves `account`: lists what opens the account. */
export function listAccount(client: Client, person: Person, request: Request<'account'>): undefined {
  const account = client.services.accounts.find(person.key)
  if (account === undefined) return client.refuse(noAccount(person), request.id)
  const secrets = account.secrets.map(secret => presentSecret(client, person, secret))
  const { role, created, password } = account
  client.ok(request, { role, password: password !== undefined, created, secrets })
}

/** Serves `addkey`: adds an SSH key to the account. */
export async function addKey(client: Client, person: Person, request: Request<'addkey'>): Promise<void> {
  const key = keyOf(request.key)
  if (!key.ok) return client.refuse(key.error, request.id)
  const proved = await proveAgain(client, person.name, request)
  if (!proved.ok) return client.refuse(proved.error, request.id)
  const deed: AccountDeed = { deed: 'addKey', person: person.key, key: lineOf(key.value) }
  const changed = await change(client, person, request, deed)
  if (changed?.n === undefined) return
  client.ok(request, { n: changed.n, fingerprint: key.value.fingerprint })
}

/** Serves `token`: makes a token for a program. */
export async function addToken(client: Client, person: Person, request: Request<'token'>): Promise<void> {
  const { may, expires } = request
  const rooms = roomKeys(client, person, request.rooms)
  if (!rooms.ok) return client.refuse(rooms.error, request.id)
  if (expires !== undefined && expires <= Date.now()) {
    const { error } = refuse('bad_frame', 'the token would have expired already; choose a later time')
    return client.refuse(error, request.id)
  }
  const proved = await proveAgain(client, person.name, request)
  if (!proved.ok) return client.refuse(proved.error, request.id)
  const token = tokenFrom(randomBytes)
  const label = cleanLabel(request.label)
  const changed = await change(client, person, request, {
    deed: 'addToken',
    person: person.key,
    hash: secretHash(token),
    label: label === '' ? 'a token' : label,
    scope: { may, rooms: rooms.value },
    expires,
  })
  if (changed?.n !== undefined) client.ok(request, { n: changed.n, token })
}

/** Serves `revoke`: takes a device, a token or a key away. The fold keeps the last thing that signs the owner in. */
export async function revoke(client: Client, person: Person, request: Request<'revoke'>): Promise<void> {
  const { n } = request
  const deed: AccountDeed = { deed: 'revoke', person: person.key, n, isForced: false }
  const changed = await change(client, person, request, deed)
  if (changed !== undefined) client.ok(request, { n })
}

/** Serves `invite`: makes an invitation to this server. */
export async function invite(client: Client, person: Person, request: Request<'invite'>): Promise<void> {
  const { accounts, inviteAddress } = client.services
  const room = request.room === undefined ? undefined : resolve(client, person, request.room)
  if (room?.ok === false) return client.refuse(room.error, request.id)
  if (room?.value.isDirect === true) {
    const { error } = refuse('room_invalid', 'an invitation is to a room, not to a conversation of two')
    return client.refuse(error, request.id)
  }
  if (accounts.find(person.key)?.role === 'bot') {
    const { error } = refuse('forbidden', 'bots invite nobody')
    return client.refuse(error, request.id)
  }
  const code = inviteCodeFrom(randomBytes(20))
  const { uses = 1, expires = Date.now() + INVITE_DAYS * DAY } = request
  const made = await change(client, person, request, {
    deed: 'invite',
    hash: secretHash(code),
    purpose: 'account',
    name: undefined,
    role: 'user',
    rooms: room === undefined ? [] : [room.value.name],
    uses,
    expires,
  })
  if (made !== undefined) client.ok(request, { link: inviteAddress.linkTo(code), code, uses, expires })
}

/** Changes the account of a client; undefined where that was refused, and the client was told. */
async function change(
  client: Client,
  person: Person,
  request: Request,
  deed: AccountDeed,
): Promise<AccountChange | undefined> {
  const changed = await client.services.accounts.change(deed, person.key, client)
  if (changed.ok) return changed.value
  client.refuse(changed.error, request.id)
  return undefined
}

/** A secret as its owner sees it. */
export function presentSecret(client: Client, person: Person, secret: KeptSecret): AccountSecret {
  const { n, kind, label, hash, scope, created, used, expires } = secret
  return {
    n,
    kind,
    // A key is known by its fingerprint; what it is called is its owner's word.
    ...(kind === 'key' ? { label: `${hash} ${label}`.trim(), fingerprint: hash } : { label }),
    ...(scope === undefined
      ? {}
      : {
          may: scope.may,
          rooms: scope.rooms.map(key => client.services.rooms.nameFor(person, key, client)),
        }),
    created,
    ...(used === 0 ? {} : { used: used * DAY }),
    ...(expires === undefined ? {} : { expires }),
    ...(n === client.secretNumber ? { here: true as const } : {}),
  }
}

/** The keys of the conversations that a token is for. */
function roomKeys(client: Client, person: Person, rooms: readonly string[]): Result<readonly string[]> {
  const keys = new Set<string>()
  for (const room of rooms) {
    const found = resolve(client, person, room)
    if (!found.ok) return found
    keys.add(found.value.key)
  }
  return success([...keys])
}

function keyOf(line: string): Result<SshKey> {
  const key = parseSshKey(line)
  return key.ok ? key : refuse('bad_frame', key.error)
}

function lineOf(key: SshKey): KeyLine {
  return { fingerprint: key.fingerprint, line: sshKeyLine(key), label: key.comment }
}

function noAccount({ name }: Person): { readonly code: 'not_found'; readonly message: string } {
  return { code: 'not_found', message: `"${name}" has no account` }
}
