import { type Refusal, type Result, success } from '../../protocol/errors.ts'
import { PROTOCOL_VERSION } from '../../protocol/limits.ts'
import { foldName, parseUsername, SERVER_NAME } from '../../protocol/names.ts'
import type { Request } from '../../protocol/requests.ts'
import type { Welcome } from '../../protocol/responses.ts'
import { VERSION } from '../../protocol/version.ts'
import type { Person } from '../rooms/people.ts'
import { type Admission, byCredential, byDevice, byInvite, deviceLabel } from './admission.ts'
import type { Client } from './client.ts'
import { told } from './farewell.ts'
import { asGuest, belongs, stillFree } from './guests.ts'
import { askFor, notRight } from './proving.ts'
import type { Services } from './services.ts'

type Connect = Request<'connect'>

/** How the tokens of this server begin; anything else in `password` is a password. */
const TOKEN = /^chatd_/

/** Serves `connect`: takes the name by what the client brings, or asks for it. */
export function connect(client: Client, request: Connect): Promise<void> | undefined {
  if (client.person !== undefined) {
    const message = `you are connected as ${client.person.name}`
    return client.refuse(
      { code: 'already_connected', message },
      request.protocol === undefined ? undefined : request.id,
    )
  }
  client.isPlain = request.protocol === undefined
  client.knowsRenames = !client.isPlain && request.features?.includes('renames') === true
  const name = parseUsername(request.username)
  if (!name.ok) return refused(client, request, name.error)
  const admission = admit(client, request, name.value)
  if (!(admission instanceof Promise)) return settle(client, request, admission)
  return admission.then(result => settle(client, request, stillFree(client, result)))
}

/** Another daemon may have stored a moment ago what a client brings: this one looks again when it has that too. */
function admit(
  client: Client,
  request: Connect,
  name: string,
): Result<Admission> | Promise<Result<Admission>> {
  const { roster, log } = client.services
  if (roster === undefined || bringsKnown(client, request, foldName(name)))
    return decide(client, request, name)
  return log.reachAll().then(() => decide(client, request, name))
}

/** Whether this daemon knows everything by which a client wants to come in. A guest may have an account since a moment. */
function bringsKnown({ services: { accounts } }: Client, request: Connect, person: string): boolean {
  const { session, password, signature, invite } = request
  const opens = (secret: string): boolean => accounts.open(person, secret) !== undefined
  if (session !== undefined && !opens(session)) return false
  if (invite !== undefined) return accounts.invite(invite) !== undefined
  if (password !== undefined && TOKEN.test(password)) return opens(password)
  return (password ?? signature) === undefined || accounts.find(person) !== undefined
}

/** Decides by what a client comes in. Only what has to be checked takes time: all others come in at once. */
function decide(
  client: Client,
  request: Connect,
  name: string,
): Result<Admission> | Promise<Result<Admission>> {
  const { accounts, sessions } = client.services
  const person = foldName(name)
  const account = accounts.find(person)
  const { session: secret, password, signature, invite } = request
  if (secret !== undefined && !client.isPlain) {
    const opened = byDevice(client, person, secret)
    if (opened !== undefined) return success(opened)
    const session = account === undefined ? sessions.find(person, secret) : undefined
    if (session !== undefined) return asGuest(client, { name, session, secret })
  }
  if (password !== undefined && TOKEN.test(password)) {
    const opened = byDevice(client, person, password)
    return opened === undefined ? { ok: false, error: notRight(client) } : success(opened)
  }
  if (invite !== undefined) return byInvite(client, request, name, invite)
  if (password !== undefined || signature !== undefined) return byCredential(client, request)
  if (account === undefined) return asGuest(client, { name, session: undefined, secret: undefined })
  return { ok: false, error: askFor(client, belongs(name)) }
}

function settle(client: Client, request: Connect, admission: Result<Admission>): undefined {
  if (!admission.ok) return client.isGone ? undefined : refused(client, request, admission.error)
  // The peer may have hung up while its password was checked.
  if (client.isGone) {
    admission.value.claim?.release()
    return
  }
  const { people, presence, journal, counters, roster } = client.services
  const { name, session, secretNumber, scope, account } = admission.value
  client.begin(foldName(name), session, account)
  client.secretNumber = secretNumber
  client.scope = scope
  client.expires = admission.value.expires
  client.deviceName = deviceLabel(request)
  client.clientName = request.client
  client.claim = admission.value.claim
  client.leaveAsking()
  const person = people.arrive(client, name)
  client.person = person
  client.shownName = person.name
  if (!client.isPlain) client.sendFrame(welcomeFrame(request, client.services, person, admission.value))
  presence.cameOnline(person, client.holder)
  roster?.came(client)
  counters.requested('connect', 'ok')
  journal.connect(client.connection, {
    client: client.isPlain ? undefined : (request.client ?? ''),
    session: client.sessionNumber,
    account: account?.number,
  })
}

function refused(client: Client, request: Connect, error: Refusal): undefined {
  return client.refuse(error, client.isPlain ? undefined : request.id, 'connect')
}

function welcomeFrame(
  request: Connect,
  { log, settings, features, accounts, peers }: Services,
  person: Person,
  { secret, account }: Admission,
): Welcome {
  const { names: policy } = accounts.policy
  return {
    action: 'welcome',
    ...(request.id === undefined ? {} : { id: request.id }),
    server: { name: SERVER_NAME, version: VERSION },
    protocol: Math.min(request.protocol ?? PROTOCOL_VERSION, PROTOCOL_VERSION),
    username: person.name,
    session: secret ?? '',
    epoch: log.epoch,
    limits: settings.limits,
    features: [...features],
    ...(account === undefined ? {} : { account: { role: account.role } }),
    policy,
    ...told(peers()),
    ts: Date.now(),
  }
}
