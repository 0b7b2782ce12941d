import { type Result, refuse, success } from '../../protocol/errors.ts'
import type { EventRequest } from '../../protocol/requests.ts'
import type { Limits } from '../../protocol/serverLimits.ts'
import { checkMessage, checkText, isBlank } from '../../protocol/texts.ts'
import type { EventBody, EventEntry } from '../log/entries.ts'
import type { Stored } from '../log/log.ts'
import { directNames } from '../log/roomKeys.ts'
import type { Person } from '../rooms/people.ts'
import type { Client } from './client.ts'
import { resolve } from './conversation.ts'
import { refuseNewRoom } from './newRoom.ts'
import { costOfText } from './paces.ts'

/** What a request wants to do in a room, for error sentences. */
const VERBS: Readonly<Record<EventRequest['action'], string>> = {
  chat: 'speak in it',
  edit: 'edit in it',
  delete: 'delete in it',
  react: 'react in it',
  topic: 'set its topic',
}

/** Serves the requests that make an event: checks them, hands them to the log, and answers when they are stored. */
export function speak(client: Client, person: Person, request: EventRequest): undefined {
  const { services } = client
  const conversation = resolve(client, person, request.room)
  if (!conversation.ok) return client.refuse(conversation.error, request.id)
  const { key, name, isDirect } = conversation.value
  const room = client.memberships.get(key)?.room
  if (isDirect && isStranger(client, person, key)) {
    const message = 'guests write to people of a room that they share; join one of theirs, or register'
    return client.refuse({ code: 'forbidden', message }, request.id)
  }
  if (room === undefined && !isDirect) {
    const message = `join "${name}" before you ${VERBS[request.action]}`
    return client.refuse({ code: 'not_in_room', message }, request.id)
  }
  const tooMany = isDirect ? refuseNewRoom(client, conversation.value) : undefined
  if (tooMany !== undefined) return client.refuse(tooMany, request.id)
  const body = bodyOf(request, services.settings.limits, services.log.head(key)?.last ?? 0)
  if (!body.ok) return client.refuse(body.error, request.id)
  // A message ends the typing for its readers: the next `typing` is news.
  if (request.action === 'chat') client.typingAt.delete(key)
  const answered = client.expectAnswer()
  const entry: EventEntry = {
    kind: 'event',
    roomKey: key,
    roomName: name,
    from: person.name,
    session: client.sessionNumber,
    id: request.id,
    body: body.value,
  }
  const began = performance.now()
  const settled = (stored: Result<Stored>): void => {
    if (stored.ok) client.ok(request, { room: name, ...stored.value })
    else client.refuse(stored.error, request.id, request.action)
    services.counters.acks.add((performance.now() - began) / 1_000)
    answered()
  }
  // By its origin a plain connection's own message is not sent back to it.
  services.log.append(entry, settled, client, client.share)
  if (!client.slowDown(costOf(body.value)))
    client.holdWhile(() => services.log.isBusy(client.share) || room?.isCongested === true)
}

/** An edit is indexed twice: the old text is taken out, and the new one put in. */
function costOf(body: EventBody): number {
  if (body.action === 'chat') return costOfText(Buffer.byteLength(body.message))
  return body.action === 'edit' ? 2 * costOfText(Buffer.byteLength(body.message)) - 1 : 1
}

/** Whether a guest from another machine shares no room with the other person of a direct conversation. */
function isStranger(client: Client, person: Person, key: string): boolean {
  if (client.connection.isLocal || !client.isGuest) return false
  const { people } = client.services
  const other = directNames(key)?.find(name => name !== person.key)
  if (other === undefined) return false
  const rooms = [...client.memberships.values()].map(({ room }) => room)
  return people.at(other) === undefined || !rooms.some(room => room.people.has(other))
}

function bodyOf(request: EventRequest, limits: Limits, last: number): Result<EventBody> {
  switch (request.action) {
    case 'topic': {
      const fits = checkText('a topic', request.topic, limits.topic)
      return fits.ok ? success({ action: 'topic', topic: fits.value }) : fits
    }
    case 'chat': {
      const fits = checkMessage(request.message, limits.message)
      const { replyTo } = request
      if (replyTo !== undefined && replyTo > last)
        return refuse('not_found', `there is no ${replyTo} to answer in this room; it ends at ${last}`)
      return fits.ok
        ? success({ action: 'chat', message: fits.value, ...(replyTo === undefined ? {} : { replyTo }) })
        : fits
    }
    case 'edit': {
      const { target } = request
      const fits = checkMessage(request.message, limits.message)
      return fits.ok ? success({ action: 'edit', target, message: fits.value }) : fits
    }
    case 'delete':
      return success({ action: 'delete', target: request.target })
    case 'react': {
      const { target, emoji, on } = request
      // Some JSON parsers drop a key of this name for safety: clients would see different reactions.
      if (emoji === '__proto__') return refuse('bad_frame', 'that is no reaction; choose an emoji')
      if (isBlank(emoji)) return refuse('bad_frame', 'the reaction is empty; put an emoji in it')
      const fits = checkText('a reaction', emoji, limits.emoji)
      return fits.ok ? success({ action: 'react', target, emoji, on }) : fits
    }
  }
}
