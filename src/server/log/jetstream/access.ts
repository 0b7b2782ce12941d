import { readFileSync, statSync } from 'node:fs'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  nkeyAuthenticator,
  type TlsOptions,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node'
import { parse } from 'smol-toml'
import * as z from 'zod'
import { errorReason } from '../../../files/errorCode.ts'
import { failure, type Result, success } from '../../../protocol/errors.ts'
import { type BrokerAccess, type Brokers, hostOf } from '../../brokers.ts'
import { UnusableStream } from '../stream.ts'

/** Permissions of others. */
const OTHERS = 0o007
const SEED = /^SU[A-Z2-7]{56}$/
const CREDS = '-----BEGIN NATS USER JWT-----'
const lines = z.union([
  z.strictObject({ user: z.string().min(1), password: z.string() }),
  z.strictObject({ token: z.string().min(1) }),
])

/** How a connection signs in at brokers and knows them. Throws {@link UnusableStream} where a file cannot be used. */
export function accessOptions({
  servers,
  isEncrypted = false,
  access = {},
}: Brokers): Pick<ConnectionOptions, 'authenticator' | 'tls'> {
  const { credentials } = access
  return {
    ...(credentials === undefined ? {} : { authenticator: signIn(credentials) }),
    ...(isEncrypted ? { tls: tlsOptions(servers, access) } : {}),
  }
}

/** Reads the file at each connection: a password can be changed while daemons run. */
function signIn(file: string): Authenticator {
  const first = readCredentials(file)
  if (!first.ok) throw new UnusableStream(first.error)
  let last = first.value
  return nonce => {
    const now = readCredentials(file)
    if (now.ok) last = now.value
    return last(nonce)
  }
}

/** What a file of credentials signs in by. The error is a sentence, which shows nothing of the file. */
export function readCredentials(file: string): Result<Authenticator, string> {
  let text: string
  try {
    const { mode } = statSync(file)
    if ((mode & OTHERS) !== 0)
      return failure(`others can read ${file}, which holds a secret: run chmod o= ${file}`)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return failure(`${file} cannot be read (${errorReason(error)}): correct log-credentials, or its owner`)
  }
  const encoded = new TextEncoder().encode(text.trim())
  try {
    if (text.includes(CREDS)) return success(tried(credsAuthenticator(new TextEncoder().encode(text))))
    if (SEED.test(text.trim())) return success(tried(nkeyAuthenticator(encoded)))
    const read = lines.parse(parse(text))
    return success(
      'token' in read
        ? tokenAuthenticator(read.token)
        : usernamePasswordAuthenticator(read.user, read.password),
    )
  } catch {
    return failure(
      `${file} holds nothing to sign in by: write user = "…" and password = "…", or token = "…", or put an nkey seed or a .creds file there`,
    )
  }
}

/** Throws where a key is none. */
function tried(authenticator: Authenticator): Authenticator {
  authenticator('nonce')
  return authenticator
}

function tlsOptions(servers: readonly string[], { ca, certificate, key }: BrokerAccess): TlsOptions {
  for (const [name, file] of [
    ['log-ca', ca],
    ['log-cert', certificate],
    ['log-key', key],
  ] as const)
    if (file !== undefined) mustBeReadable(name, file)
  const options: TlsOptions & { readonly checkServerIdentity: typeof checkServerIdentity } = {
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(certificate === undefined ? {} : { certFile: certificate }),
    ...(key === undefined ? {} : { keyFile: key }),
    checkServerIdentity: (host, shown) => identityProblem(servers, host, shown),
  }
  return options
}

/**
 * A certificate has to name one of the brokers. The library does not say which one it connects to where that is an address,
 * and all of them are trusted with the whole log alike.
 */
function identityProblem(
  servers: readonly string[],
  host: string,
  shown: PeerCertificate,
): Error | undefined {
  const hosts = servers.map(hostOf)
  const isNamed = hosts.some(one => checkServerIdentity(one, shown) === undefined)
  return isNamed ? undefined : checkServerIdentity(hosts.includes(host) ? host : (hosts[0] ?? host), shown)
}

function mustBeReadable(key: string, file: string): void {
  try {
    readFileSync(file)
  } catch (error) {
    throw new UnusableStream(`${file} cannot be read (${errorReason(error)}): correct ${key}, or its owner`)
  }
}
