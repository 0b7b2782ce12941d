import { type Result, refuse, success } from '../protocol/errors.ts'
import type { Request } from '../protocol/requests.ts'
import type { Limits } from '../protocol/responses.ts'
import type { EntryBody } from './log.ts'
import type { Person } from './people.ts'
import { findPlace } from './place.ts'
import type { Session } from './session.ts'

/** Serves the requests that make an event: checks, hands to the log, answers when it is stored. */
export function speak(session: Session, person: Person, request: Request<'chat' | 'topic'>): void {
  const { hall, connection } = session
  const place = findPlace(session, person, request.room)
  if (!place.ok) return session.refuse(place.error, request.id)
  const { key, name, isDirect } = place.value
  const room = session.members.get(key)?.room
  if (room === undefined && !isDirect) {
    const verb = request.action === 'chat' ? 'speak in it' : 'set its topic'
    return session.refuse({ code: 'not_in_room', message: `join "${name}" before you ${verb}` }, request.id)
  }
  const body = bodyOf(request, hall.settings.limits)
  if (!body.ok) return session.refuse(body.error, request.id)
  // To those who see it a message ends the typing: the next sign of it is news.
  if (request.action === 'chat') session.typingAt.delete(key)
  const id = session.isPlain ? undefined : request.id
  const answered = session.expectAnswer()
  hall.log.append({ roomKey: key, roomName: name, from: person.name, id, body: body.value }, stored => {
    if (!stored.ok) session.refuse(stored.error, request.id)
    else {
      if (session.isPlain) hall.rooms.notePlainAuthor(stored.value.seq, session)
      if (request.action === 'chat') session.ok(request, { room: name, ...stored.value })
      else session.ok(request, { room: name, ...stored.value })
    }
    answered()
  })
  const wait = hall.pace.spend(person.key, connection.address, Date.now())
  if (wait > 0) connection.hold(wait)
  else session.holdWhile(() => hall.log.isBusy || room?.isCongested === true)
}

function bodyOf(request: Request<'chat' | 'topic'>, limits: Limits): Result<EntryBody> {
  if (request.action === 'topic') {
    const fits = checkSize('a topic', request.topic, limits.topic)
    return fits.ok ? success({ action: 'topic', topic: fits.value }) : fits
  }
  if (request.message.trim() === '') return refuse('bad_frame', 'the message is empty; write something in it')
  const fits = checkSize('a message', request.message, limits.message)
  if (!fits.ok) return fits
  const { replyTo } = request
  return success({ action: 'chat', message: fits.value, ...(replyTo === undefined ? {} : { replyTo }) })
}

/** A text that holds no NUL and is within its bound, in bytes. */
export function checkSize(what: string, text: string, maxBytes: number): Result<string> {
  if (text.includes('\0')) return refuse('bad_frame', `${what} cannot hold a NUL character`)
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxBytes) return success(text)
  return refuse('message_too_long', `${what} is at most ${maxBytes} bytes, this one has ${bytes}; split it`)
}
