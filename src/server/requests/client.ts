import type { Decoded } from '../../protocol/codec.ts'
import type { Refusal } from '../../protocol/errors.ts'
import { MAX_BAD_LINES } from '../../protocol/limits.ts'
import { foldName, parseUsername, SERVER_NAME } from '../../protocol/names.ts'
import type { Request, RequestResult, results } from '../../protocol/requests.ts'
import type { ErrorFrame, ServerFrame } from '../../protocol/responses.ts'
import type { Person } from '../rooms/people.ts'
import type { Member } from '../rooms/room.ts'
import type { Identity } from '../rooms/sessions.ts'
import type { Connection, FrameHandler } from '../transport/connection.ts'
import { Line } from '../transport/line.ts'
import { welcomeFrame } from './connect.ts'
import { history, listMembers, listRooms } from './history.ts'
import { joinRoom, leaveRoom } from './join.ts'
import { search } from './search.ts'
import type { Hall } from './services.ts'
import { setAway, setRead, setTyping } from './signals.ts'
import { speak } from './speak.ts'

/** How often a sender in a congested room looks whether it eased, ms. */
const CONGESTION_CHECK = 50

/** A request to one who is connected. */
type Served = Exclude<Request, { action: 'connect' }>

/** What the two sides of one connection have said so far: who is there, in which rooms, and what it may. */
export class Session implements FrameHandler {
  readonly hall: Hall
  readonly connection: Connection
  /** Who is there; undefined before `connect`. */
  person: Person | undefined
  /** Who that is under an open name; a plain connection has none. */
  identity: Identity | undefined
  /** By room key. */
  readonly members = new Map<string, Member>()
  /** When `typing` was last passed on, by room key; ms. */
  readonly typingAt = new Map<string, number>()
  isBehind = false
  #plain = false
  /** Answers and replays still to come. */
  #pending = 0
  #badLines = 0

  constructor(hall: Hall, connection: Connection) {
    this.hall = hall
    this.connection = connection
  }

  /** True for a connection that speaks only the four actions, for its whole life. */
  get isPlain(): boolean {
    return this.#plain
  }

  get isFull(): boolean {
    return this.person !== undefined && !this.#plain
  }

  get hasConnected(): boolean {
    return this.person !== undefined
  }

  get isBusy(): boolean {
    return this.#pending > 0
  }

  /** Owes the client a line. */
  send(line: Line): void {
    this.connection.send(line)
  }

  /** Owes the client a frame that nobody else gets. */
  sendFrame(frame: ServerFrame): void {
    this.connection.send(Line.of(frame))
  }

  /** Answers a request that succeeded; nothing where it had no id. */
  ok<Action extends keyof typeof results>(request: Request<Action>, result: RequestResult<Action>): void {
    if (request.id === undefined) return
    this.sendFrame({ action: 'ok', id: request.id, ...result })
  }

  /** Answers a request that failed, or a line that is none. */
  refuse(error: Refusal, id?: string): void {
    const frame: ErrorFrame = { action: 'error', code: error.code, message: error.message, from: SERVER_NAME }
    if (id !== undefined && !this.#plain) frame.id = id
    if (error.retryAfter !== undefined) frame.retryAfter = error.retryAfter
    if (error.fatal === true) frame.fatal = true
    this.sendFrame(frame)
    if (error.fatal === true) this.connection.end()
  }

  /** Marks that an answer is to come later; call the result once when it is given. */
  expectAnswer(): () => void {
    this.#pending++
    return () => {
      this.#pending--
      this.connection.settled()
    }
  }

  /** Counts what others are shown or told of; true where it came too fast, and this sender is read later. */
  slowDown(person: Person): boolean {
    const wait = this.hall.pace.spend(person.key, this.connection.address, performance.now())
    if (wait > 0) this.connection.hold(wait)
    return wait > 0
  }

  /** Reads this sender later while most of a room cannot keep up, or the log cannot. */
  holdWhile(isCongested: () => boolean): void {
    if (isCongested()) this.connection.hold(CONGESTION_CHECK, () => (isCongested() ? CONGESTION_CHECK : 0))
  }

  take(decoded: Decoded<Request>): Promise<void> | undefined {
    if (!decoded.ok) {
      this.#badLine(decoded.error, decoded.id)
      return undefined
    }
    const request = decoded.frame
    if (request.action === 'connect') {
      this.#badLines = 0
      this.#connect(request)
      return undefined
    }
    if (this.person === undefined) {
      const message = `say {"action":"connect","username":"…"} before "${request.action}"`
      this.#badLine({ code: 'not_connected', message }, request.id)
      return undefined
    }
    const served = this.#plain ? plainRequest(request) : request
    if (served === undefined) {
      const message = `"${request.action}" is for clients that connect with "protocol":1`
      this.#badLine({ code: 'unknown_action', message })
      return undefined
    }
    return this.#serve(served, this.person)
  }

  fellSilent(): void {
    this.sendFrame({
      action: 'bye',
      reason: 'silent',
      message: 'nothing came from you for too long; connect again',
    })
    this.connection.end()
  }

  neverConnected(): void {
    const message = 'no {"action":"connect","username":"…"} came in time; connect again'
    this.refuse({ code: 'not_connected', message, fatal: true })
  }

  behindChanged(behind: boolean): void {
    this.isBehind = behind
    for (const { room } of this.members.values()) room.behind += behind ? 1 : -1
  }

  gone(): void {
    const { person, hall } = this
    if (person !== undefined) {
      const rooms = [...this.members.values()].map(member => member.room)
      for (const member of this.members.values()) hall.rooms.exit(member, person)
      this.members.clear()
      if (hall.people.depart(this, person)) hall.presence.wentOffline(person, rooms)
      this.person = undefined
    }
    hall.left(this)
  }

  /** Serves one good request. Everything but reading the log is answered, or queued, at once. */
  #serve(request: Served, person: Person): Promise<void> | undefined {
    this.#badLines = 0
    switch (request.action) {
      case 'joinroom':
        return joinRoom(this, person, request)
      case 'leaveroom':
        return leaveRoom(this, person, request)
      case 'chat':
      case 'edit':
      case 'delete':
      case 'react':
      case 'topic':
        return void speak(this, person, request)
      case 'history':
        return history(this, person, request)
      case 'rooms':
        return listRooms(this, person, request)
      case 'members':
        return void listMembers(this, person, request)
      case 'read':
        return setRead(this, person, request)
      case 'typing':
        return void setTyping(this, person, request)
      case 'away':
        return void setAway(this, person, request)
      case 'ping':
        return void this.ok(request, {})
      case 'search':
        return search(this, person, request)
    }
  }

  #connect(request: Request<'connect'>): void {
    const id = request.protocol === undefined ? undefined : request.id
    if (this.person !== undefined) {
      this.refuse({ code: 'already_connected', message: `you are connected as ${this.person.name}` }, id)
      return
    }
    const name = parseUsername(request.username)
    if (!name.ok) {
      this.refuse(name.error, id)
      return
    }
    const isPlain = request.protocol === undefined
    const known = this.hall.people.find(name.value)
    const key = foldName(name.value)
    const identity =
      isPlain || request.session === undefined ? undefined : this.hall.identities.find(key, request.session)
    // Somebody's own other links are let in beside each other; nobody else is, plain or full.
    const others = [...(known?.sessions ?? [])]
    if (others.some(other => identity === undefined || other.identity !== identity)) {
      this.refuse(
        {
          code: 'name_taken',
          message: `somebody is connected as "${name.value}"; choose another name or try later`,
        },
        id,
      )
      return
    }
    this.#plain = isPlain
    const begun =
      isPlain || identity !== undefined
        ? undefined
        : this.hall.identities.begin(name.value, this.hall.log.last)
    this.identity = identity ?? begun?.identity
    const person = this.hall.people.arrive(this, name.value)
    this.person = person
    if (!isPlain)
      this.sendFrame(welcomeFrame(request, this.hall, person, begun?.secret ?? request.session ?? ''))
    this.hall.presence.cameOnline(person)
  }

  #badLine(error: Refusal, id?: string): void {
    this.#badLines++
    const fatal = error.fatal === true || this.#badLines >= MAX_BAD_LINES
    this.refuse(fatal ? { ...error, fatal } : error, id)
  }
}

/** What a plain client asked for, without what its protocol does not have; undefined where that is all of it. */
function plainRequest(request: Served): Served | undefined {
  switch (request.action) {
    case 'chat':
      return { action: 'chat', room: request.room, message: request.message }
    case 'joinroom':
    case 'leaveroom':
      return { action: request.action, room: request.room }
    default:
      return undefined
  }
}
