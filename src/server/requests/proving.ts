import { randomBytes } from 'node:crypto'
import { type Refusal, type Result, refuse, success } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import type { SshKey } from '../../protocol/sshKey.ts'
import { readSignature, signInText } from '../../protocol/sshsig.ts'
import type { KeptAccount, Proof } from '../log/accounts.ts'
import type { Client } from './client.ts'

/** How long the next line of a connection waits after a wrong credential, ms: a flood needs a connection for each try. */
const AFTER_TRY_MS = 200
/** How long a connection that was asked for a credential may take, ms. */
const ASKED_FOR_MS = 60_000

/** What a request brings to sign in by. */
export interface Brought {
  readonly password?: string | undefined
  readonly signature?: string | undefined
}

/** The refusal that asks a client for a credential; it has a minute then. */
export function askFor(client: Client, message: string): Refusal {
  const { entrance, connection } = client
  if (client.person === undefined && entrance.deadline === undefined) {
    if (!client.enterAsking())
      return refuse(
        'limit_reached',
        'too many connections of your address wait to sign in; try again in a minute',
        { fatal: true },
      ).error
    entrance.deadline = performance.now() + ASKED_FOR_MS
  }
  entrance.nonce ??= randomBytes(24).toString('base64url')
  const byKey = connection.channel() === undefined ? [] : ['key']
  return refuse('auth_required', message, {
    methods: [...byKey, 'password'],
    ...(byKey.length === 0 ? {} : { nonce: entrance.nonce }),
  }).error
}

/** The refusal of a wrong credential. It tells nothing: not whether the name has an account, nor what opens it. */
export function notRight(client: Client): Refusal {
  return refuse('auth_failed', 'name or credential is not right', countTry(client)).error
}

/** Counts a try of a connection: its next line waits, and after some tries it ends. */
function countTry(client: Client): { readonly fatal?: true } {
  client.connection.hold(AFTER_TRY_MS)
  return client.entrance.failed() ? { fatal: true } : {}
}

/**
 * Checks a password or a signature for the account of a name, which may have none. The value says what was right; the
 * log looks whether it still stands.
 */
export async function prove(client: Client, username: string, brought: Brought): Promise<Result<Proof>> {
  const account = client.services.accounts.find(foldName(username))
  const proof =
    brought.signature === undefined
      ? await byPassword(client, foldName(username), account, brought.password ?? '')
      : bySignature(client, username, account, brought.signature)
  if (proof.ok) client.entrance.provedAt = performance.now()
  return proof
}

async function byPassword(
  client: Client,
  person: string,
  account: KeptAccount | undefined,
  password: string,
): Promise<Result<Proof>> {
  const { guesses, passwords } = client.services
  const address = client.connection.limitedBy
  const now = performance.now()
  const wait = guesses.waitFor(person, address, now)
  if (wait > 0)
    return refuse('rate_limited', 'too many wrong passwords; keys and devices still sign in', {
      retryAfter: Math.ceil(wait),
      ...countTry(client),
    })
  guesses.add(person, address, now)
  const right = await passwords.check(password, account?.password)
  if (!right.ok || right.value) guesses.takeBack(person, address)
  if (!right.ok) {
    client.connection.hold(AFTER_TRY_MS)
    return right
  }
  if (!right.value || account?.password === undefined) return { ok: false, error: notRight(client) }
  return success({ by: 'password', password: account.password })
}

function bySignature(
  client: Client,
  username: string,
  account: KeptAccount | undefined,
  base64: string,
): Result<Proof> {
  const signed = signerOf(
    client,
    username,
    base64,
    fingerprint => account?.secrets.some(({ kind, hash }) => kind === 'key' && hash === fingerprint) === true,
  )
  return signed.ok ? success({ by: 'key', fingerprint: signed.value.fingerprint }) : signed
}

/**
 * The key that signed for this connection.
 * @param isListed whether a key can sign in at all: looked up before any public-key operation
 */
export function signerOf(
  client: Client,
  username: string,
  base64: string,
  isListed: (fingerprint: string) => boolean = () => true,
): Result<SshKey> {
  const { connection, entrance } = client
  const channel = connection.channel()
  if (channel === undefined)
    return refuse('auth_failed', 'SSH keys sign in over TLS 1.3 alone, or on this machine; use a password')
  const { nonce } = entrance
  if (nonce === undefined)
    return {
      ok: false,
      error: askFor(client, 'a signature needs the nonce of this connection: sign this one'),
    }
  const signature = readSignature(base64)
  if (!signature.ok) return refuse('auth_failed', signature.error, countTry(client))
  const { key } = signature.value
  const isRight =
    isListed(key.fingerprint) && signature.value.verifies(signInText({ username, nonce, channel }))
  return isRight ? success(key) : { ok: false, error: notRight(client) }
}

/** Checks that the owner of a client's account is there: by a credential of the last minutes, or one that comes along. */
export async function proveAgain(client: Client, name: string, brought: Brought): Promise<Result<undefined>> {
  const hasBrought = brought.password !== undefined || brought.signature !== undefined
  if (!hasBrought) {
    if (client.entrance.isFresh) return success(undefined)
    return {
      ok: false,
      error: askFor(client, 'say your password or sign with your key again, to show that it is you'),
    }
  }
  const proof = await prove(client, name, brought)
  return proof.ok ? success(undefined) : proof
}
