import { PROTOCOL_VERSION } from '../../protocol/limits.ts'
import { SERVER_NAME } from '../../protocol/names.ts'
import type { Request, RequestAction } from '../../protocol/requests.ts'
import type { Welcome } from '../../protocol/responses.ts'
import { VERSION } from '../../protocol/version.ts'
import type { Person } from '../rooms/people.ts'
import type { Hall } from './services.ts'

/** Every action that this daemon serves. */
const FEATURES: readonly RequestAction[] = [
  'connect',
  'joinroom',
  'leaveroom',
  'chat',
  'edit',
  'delete',
  'react',
  'topic',
  'history',
  'search',
  'rooms',
  'members',
  'read',
  'typing',
  'away',
  'ping',
]

/** The answer to a full `connect` that succeeded. */
export function welcomeFrame(
  request: Request<'connect'>,
  hall: Hall,
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
    epoch: hall.log.epoch,
    limits: hall.settings.limits,
    features: [...FEATURES],
    ts: Date.now(),
  }
}
