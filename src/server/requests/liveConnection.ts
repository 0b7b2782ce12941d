import type { ConnectionFacts, LiveConnection } from '../admin/liveServer.ts'
import { directNames } from '../log/roomKeys.ts'
import type { MirroredPeer } from '../roster/mirroredPeer.ts'
import type { Client } from './client.ts'
import type { Services } from './services.ts'

/** Clients that connect again by themselves after a kick wait this long, ms; chat-tui waits for its user. */
const RETRY_AFTER_KICK = 30_000

/** A client as the tasks of the operator see it. */
export function liveConnection(client: Client): LiveConnection {
  return {
    number: client.connection.number,
    person: client.personKey,
    facts: () => factsOf(client),
    isIn: roomKey => client.memberships.has(roomKey),
    kick: message => client.oust('kicked', message, RETRY_AFTER_KICK),
  }
}

/** A connection of another daemon, as the tasks of the operator see it. */
export function mirroredConnection(
  { rooms, accounts }: Pick<Services, 'rooms' | 'accounts'>,
  peer: MirroredPeer,
): LiveConnection {
  const { record, origin, memberships } = peer
  const { n: number, isPlain, isToken, isEncrypted, address, client, since } = record
  return {
    number,
    person: peer.personKey,
    isIn: roomKey => memberships.has(roomKey),
    kick: message => peer.oust('kicked', message, RETRY_AFTER_KICK),
    facts: () => {
      const isAccount = accounts.find(peer.personKey ?? '')?.session === record.session
      return {
        number,
        daemon: origin.label,
        name: peer.person?.name ?? record.name,
        kind: isToken ? 'token' : isAccount && record.session !== undefined ? 'account' : 'guest',
        speaks: isPlain ? 'plain' : 'full',
        address,
        client,
        isEncrypted,
        rooms: [...memberships.values()].map(({ room }) => rooms.titleOf(room)),
        since,
        idle: undefined,
        received: undefined,
        sent: undefined,
      }
    },
  }
}

function factsOf(client: Client): ConnectionFacts {
  const { connection, person, scope, clientName, memberships } = client
  const { openedAt, heardAt, received, sent } = connection.facts
  const now = performance.now()
  const kind = scope !== undefined ? 'token' : client.isGuest ? 'guest' : 'account'
  return {
    number: connection.number,
    daemon: undefined,
    name: person?.name,
    kind: person === undefined ? undefined : kind,
    speaks: person === undefined ? undefined : client.isPlain ? 'plain' : 'full',
    address: connection.address,
    client: clientName,
    isEncrypted: connection.isEncrypted,
    rooms: [...memberships.values()].flatMap(({ room }) =>
      directNames(room.key) === undefined ? [client.services.rooms.titleOf(room)] : [],
    ),
    since: Date.now() - (now - openedAt),
    idle: now - heardAt,
    received,
    sent,
  }
}
