import { type Result, refuse, success } from '../../protocol/errors.ts'
import type { EventRequest } from '../../protocol/requests.ts'
import type { Limits } from '../../protocol/responses.ts'
import { checkMessage, checkText } from '../../protocol/texts.ts'
import type { EventBody, EventEntry } from '../log/entries.ts'
import type { Stored } from '../log/log.ts'
import type { Person } from '../rooms/people.ts'
import type { Session } from './client.ts'
import { findPlace } from './conversation.ts'

/** What somebody wants to do in a room, for people. */
const VERBS: Readonly<Record<EventRequest['action'], string>> = {
  chat: 'speak in it',
  edit: 'edit in it',
  delete: 'delete in it',
  react: 'react in it',
  topic: 'set its topic',
}

/** Serves the requests that make an event: checks, hands to the log, answers when it is stored. */
export function speak(session: Session, person: Person, request: EventRequest): void {
  const { hall } = session
  const place = findPlace(session, person, request.room)
  if (!place.ok) return session.refuse(place.error, request.id)
  const { key, name, isDirect } = place.value
  const room = session.members.get(key)?.room
  if (room === undefined && !isDirect) {
    const message = `join "${name}" before you ${VERBS[request.action]}`
    return session.refuse({ code: 'not_in_room', message }, request.id)
  }
  const body = bodyOf(request, hall.settings.limits, hall.log.head(key)?.last ?? 0)
  if (!body.ok) return session.refuse(body.error, request.id)
  // To those who see it a message ends the typing: the next sign of it is news.
  if (request.action === 'chat') session.typingAt.delete(key)
  const answered = session.expectAnswer()
  const entry: EventEntry = {
    kind: 'event',
    roomKey: key,
    roomName: name,
    from: person.name,
    session: session.identity?.number,
    id: request.id,
    body: body.value,
  }
  const settled = (stored: Result<Stored>): void => {
    if (stored.ok) session.ok(request, { room: name, ...stored.value })
    else session.refuse(stored.error, request.id)
    answered()
  }
  // By its origin a plain connection's own message is not sent back to it.
  hall.log.append(entry, settled, session)
  if (!session.slowDown(person)) session.holdWhile(() => hall.log.isBusy || room?.isCongested === true)
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
      // Readers of JSON that guard themselves drop a key of this name: everybody would see another state.
      if (emoji === '__proto__') return refuse('bad_frame', 'that is no reaction; choose an emoji')
      if (emoji.trim() === '') return refuse('bad_frame', 'the reaction is empty; put an emoji in it')
      const fits = checkText('a reaction', emoji, limits.emoji)
      return fits.ok ? success({ action: 'react', target, emoji, on }) : fits
    }
  }
}
