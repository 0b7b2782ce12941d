import type { Refusal } from '../../protocol/errors.ts'
import { PROTOCOL_VERSION } from '../../protocol/limits.ts'
import { foldName, parseUsername, SERVER_NAME } from '../../protocol/names.ts'
import type { Request } from '../../protocol/requests.ts'
import type { Welcome } from '../../protocol/responses.ts'
import { VERSION } from '../../protocol/version.ts'
import type { Person } from '../rooms/people.ts'
import type { Client } from './client.ts'
import type { Services } from './services.ts'

/** Serves `connect`: takes the name, and finds or begins the session of a full client. */
export function connect(client: Client, request: Request<'connect'>): undefined {
  const isPlain = request.protocol === undefined
  const id = isPlain ? undefined : request.id
  if (client.person !== undefined) {
    const message = `you are connected as ${client.person.name}`
    return client.refuse({ code: 'already_connected', message }, id)
  }
  const name = parseUsername(request.username)
  if (!name.ok) return refused(client, name.error, id)
  const { people, sessions, log, presence } = client.services
  const known =
    isPlain || request.session === undefined
      ? undefined
      : sessions.find(foldName(name.value), request.session)
  // Only links of the same session are let in beside each other.
  const others = [...(people.find(name.value)?.peers ?? [])]
  if (others.some(other => known === undefined || other.sessionNumber !== known.number)) {
    const message = `another client is connected as "${name.value}"; choose another name or try later`
    return refused(client, { code: 'name_taken', message }, id)
  }
  client.isPlain = isPlain
  const begun = isPlain || known !== undefined ? undefined : sessions.begin(name.value, log.last)
  client.session = known ?? begun?.session
  const person = people.arrive(client, name.value)
  client.person = person
  if (!isPlain) {
    const secret = begun?.secret ?? request.session ?? ''
    client.sendFrame(welcomeFrame(request, client.services, person, secret))
  }
  presence.cameOnline(person)
  const { number: connection, address } = client.connection
  client.services.logger.info({ connection, address, session: client.sessionNumber }, 'connected')
  client.services.logger.debug({ connection, user: person.name }, 'named')
}

function refused(client: Client, error: Refusal, id: string | undefined): undefined {
  const { number: connection, address } = client.connection
  client.services.logger.info({ connection, address, code: error.code }, 'refused')
  return client.refuse(error, id)
}

function welcomeFrame(
  request: Request<'connect'>,
  { log, settings, features }: Services,
  person: Person,
  session: string,
): Welcome {
  return {
    action: 'welcome',
    ...(request.id === undefined ? {} : { id: request.id }),
    server: { name: SERVER_NAME, version: VERSION },
    protocol: Math.min(request.protocol ?? PROTOCOL_VERSION, PROTOCOL_VERSION),
    username: person.name,
    session,
    epoch: log.epoch,
    limits: settings.limits,
    features: [...features],
    ts: Date.now(),
  }
}
