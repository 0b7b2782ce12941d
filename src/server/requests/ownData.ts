import { refuse } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import type { Request, RequestResult } from '../../protocol/requests.ts'
import { presentEvent } from '../log/log.ts'
import type { Notify } from '../log/notify.ts'
import type { Person } from '../rooms/people.ts'
import { presentSecret } from './account.ts'
import { cutToBytes } from './answerSize.ts'
import type { Client } from './client.ts'
import { notifying } from './conversation.ts'
import { BYE_ERASED } from './erased.ts'
import { proveAgain } from './proving.ts'

type Records = RequestResult<'mydata'>['records']

const PAGE = 200

/** Serves `mydata`: a page of what the server keeps about the client. The first one begins with the account. */
export async function myData(client: Client, person: Person, request: Request<'mydata'>): Promise<void> {
  const { log, rooms } = client.services
  const { after = 0 } = request
  const page = await log.ownEvents(person.key, client.session?.number, after, PAGE, client.share)
  const events = page.events.map(event => ({
    record: 'event',
    ...presentEvent(event, rooms.nameFor(person, event.roomKey, client)),
  }))
  const kept = cutToBytes(events, 'end')
  const next = kept.length < events.length ? kept.at(-1)?.seq : page.next
  const records: Records = [...(after === 0 ? accountRecords(client, person) : []), ...kept]
  client.ok(request, { records, ...(next === undefined ? {} : { next }) })
}

/** What is kept beside the events: the account, what opens it, the rooms and their read positions. */
function accountRecords(client: Client, person: Person): Records {
  const { accounts, rooms } = client.services
  const account = accounts.find(person.key)
  const own = client.isGuest || account === undefined ? undefined : account
  const { role, created, password } = own ?? {}
  const { reads, notify } = client.session ?? {
    reads: new Map<string, number>(),
    notify: new Map<string, Notify>(),
  }
  return [
    own === undefined
      ? { record: 'guest', name: person.name }
      : { record: 'account', name: own.name, role, created, password: password !== undefined },
    ...(own?.secrets ?? []).map(secret => ({ record: 'secret', ...presentSecret(client, person, secret) })),
    ...[...new Set([...reads.keys(), ...notify.keys()])].map(key => ({
      record: 'room',
      room: rooms.nameFor(person, key, client),
      ...(reads.has(key) ? { read: reads.get(key) } : {}),
      ...notifying(notify.get(key)),
    })),
  ]
}

/** Serves `eraseme`: deletes everything that was said under the name, and the account. */
export async function eraseMe(client: Client, person: Person, request: Request<'eraseme'>): Promise<void> {
  if (foldName(request.username) !== person.key) {
    const { error } = refuse('bad_frame', `write your own name, "${person.name}", to confirm`)
    return client.refuse(error, request.id)
  }
  const proved = await proveAgain(client, person.name, request)
  if (!proved.ok) return client.refuse(proved.error, request.id)
  // Nothing more is said under the name meanwhile.
  for (const peer of [...person.peers])
    if (peer !== client) peer.dismiss('erased', 'everything said under this name is erased')
  const { erase, erasing } = client.services
  erasing.add(client)
  const erased = await erase(person.key)
  erasing.delete(client)
  if (!erased.ok) {
    const { error } = refuse(
      'storage_unavailable',
      `not everything could be erased, try again: ${erased.error}`,
    )
    return client.refuse(error, request.id)
  }
  client.ok(request, {})
  client.sendAway(BYE_ERASED, 'erased')
}
