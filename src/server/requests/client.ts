import type { Decoded } from '../../protocol/codec.ts'
import type { Refusal } from '../../protocol/errors.ts'
import { MAX_BAD_LINES } from '../../protocol/limits.ts'
import { SERVER_NAME } from '../../protocol/names.ts'
import type { Request, RequestAction, RequestResult, results } from '../../protocol/requests.ts'
import type { ErrorFrame, ServerFrame } from '../../protocol/responses.ts'
import { Entrance } from '../auth/entrance.ts'
import type { CountedAction, DisconnectReason } from '../counters.ts'
import type { KeptAccount, TokenScope } from '../log/accounts.ts'
import { depart } from '../rooms/departure.ts'
import type { Session } from '../rooms/heldSession.ts'
import type { Person } from '../rooms/people.ts'
import { holderOf, type Member, type Peer } from '../rooms/room.ts'
import type { Claim } from '../roster/names.ts'
import type { Share } from '../shares.ts'
import type { Connection } from '../transport/connection.ts'
import type { FrameHandler } from '../transport/frameHandler.ts'
import { Line } from '../transport/line.ts'
import { NEVER_CONNECTED, withReference } from '../transport/refusals.ts'
import { endOf, Faults } from './faults.ts'
import type { Payer } from './paces.ts'
import { refuseAction } from './permission.ts'
import { plainRequest } from './plainRequest.ts'
import type { Services } from './services.ts'
import { shareOf } from './shareOf.ts'

/** How often a sender in a congested room looks whether it eased, ms. */
const CONGESTION_CHECK = 50

/** The actions of a client that has connected. */
type ConnectedAction = Exclude<RequestAction, 'connect'>

/** Serves a request of a client that has connected. A promise holds the client's next line back until it is fulfilled. */
type Handler<A extends ConnectedAction> = (
  client: Client,
  person: Person,
  request: Request<A>,
) => Promise<void> | undefined

type ConnectedHandlers = { readonly [A in ConnectedAction]: Handler<A> }

/** What serves each action. */
export interface Handlers extends ConnectedHandlers {
  readonly connect: (client: Client, request: Request<'connect'>) => Promise<void> | undefined
}

/** One connection as the protocol sees it: its person, its session, its rooms, and what it may ask. */
export class Client implements FrameHandler, Peer {
  readonly services: Services
  readonly connection: Connection
  /** Undefined before `connect`. */
  person: Person | undefined
  /** The number of the device or the token that it came in by. */
  secretNumber: number | undefined
  /** Of a client that came in by a token. */
  scope: TokenScope | undefined
  /** When its token expires, ms since 1970. */
  expires: number | undefined
  /** What the list of devices calls it. */
  deviceName = 'a device'
  /** Name and version of the program, as it calls itself. */
  clientName: string | undefined
  readonly entrance = new Entrance()
  readonly memberships = new Map<string, Member>()
  /** When `typing` was last passed on, by room key; ms. */
  readonly typingAt = new Map<string, number>()
  /** Of a guest, where other daemons can want the same name. */
  claim: Claim | undefined
  isBehind = false
  isPlain = false
  readonly daemon = undefined
  /** Whether it takes frames with the first name of a room that was renamed, and its title apart. */
  knowsRenames = false
  /** The name of its person, also after it has left. */
  shownName: string | undefined
  readonly #faults: Faults
  /** What its newest line asks for. */
  #action: CountedAction = 'invalid'
  #session: Session | undefined
  #account: number | undefined
  #share: Share
  readonly #handlers: Handlers
  readonly #gone: (client: Client) => void
  /** Answers and replays still to come. */
  #pending = 0
  #badLines = 0
  #hasSpoken = false
  #isAsking = false
  #isGone = false

  /** @param gone called once its socket is closed */
  constructor(
    services: Services,
    connection: Connection,
    handlers: Handlers,
    gone: (client: Client) => void,
  ) {
    this.services = services
    this.connection = connection
    this.#handlers = handlers
    this.#gone = gone
    this.#faults = new Faults(connection, services.journal, services.counters)
    this.#share = shareOf(connection, `connection ${connection.number}`, undefined)
  }

  /** A plain connection has none, unless it signed in. */
  get session(): Session | undefined {
    return this.#session
  }

  /** The account that it signed in to, or registered. */
  get accountNumber(): number | undefined {
    if (this.#account === undefined && this.#session !== undefined && !this.isGuest)
      this.#account = this.services.accounts.find(this.#session.person)?.number
    return this.#account
  }

  /** Whose turn its work takes. */
  get share(): Share {
    return this.#share
  }

  /** It comes in as a person (a folded name), with a session and an account where it has them. */
  begin(person: string, session: Session | undefined, account: KeptAccount | undefined): void {
    this.#session = session
    this.#account = account?.number
    this.#share = shareOf(this.connection, person, account)
    if (session !== undefined) this.services.sessions.connect(session)
  }

  get isFull(): boolean {
    return this.person !== undefined && !this.isPlain
  }

  get hasConnected(): boolean {
    return this.person !== undefined
  }

  /** Whether its socket is closed. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** Whether its person has no account. */
  get isGuest(): boolean {
    const account = this.person && this.services.accounts.find(this.person.key)
    return account === undefined || account.session !== this.session?.number
  }

  get mayConnectUntil(): number | undefined {
    return this.entrance.deadline
  }

  get isBusy(): boolean {
    return this.#pending > 0
  }

  get personKey(): string | undefined {
    return this.person?.key
  }

  get sessionNumber(): number | undefined {
    return this.session?.number
  }

  get address(): string {
    return this.connection.address
  }

  get holder(): string {
    return holderOf(this.sessionNumber, this.connection.address)
  }

  get floor(): number {
    return this.#session?.began ?? 0
  }

  doubt(): void {
    this.connection.doubt()
  }

  send(line: Line): void {
    this.connection.send(line)
  }

  sendSoon(line: Line): void {
    this.connection.sendSoon(line)
  }

  sendAway(bye: Line, reason: DisconnectReason): void {
    if (this.isFull) this.send(bye)
    this.connection.end(reason)
  }

  dismiss(reason: DisconnectReason, message: string, retryAfter?: number): void {
    if (this.isPlain) this.#sendError({ code: 'forbidden', message }, this.#faults.tell('forbidden', 'none'))
    const wait = retryAfter === undefined ? {} : { retryAfter }
    this.sendAway(Line.of({ action: 'bye', reason, message, ...wait }), reason)
  }

  oust(reason: DisconnectReason, message: string, retryAfter?: number): void {
    this.dismiss(reason, message, retryAfter)
    this.#leave()
  }

  /** Ends it where its token has expired, and notes once a day that its session is used; for calling about once a second. */
  checkClock(now: number): void {
    if (this.session !== undefined && this.isGuest) this.services.sessions.noteUse(this.session, now)
    if (this.expires !== undefined && this.expires <= now)
      this.dismiss('revoked', 'this token has expired: its owner can make another one')
  }

  /** Counts this connection among those of its address that were asked to sign in; false where there are too many. */
  enterAsking(): boolean {
    const { limitedBy } = this.connection
    if (limitedBy === undefined || this.#isAsking) return true
    this.#isAsking = this.services.asking.enter(limitedBy)
    return this.#isAsking
  }

  /** It signed in, or is gone. */
  leaveAsking(): void {
    const { limitedBy } = this.connection
    if (this.#isAsking && limitedBy !== undefined) this.services.asking.leave(limitedBy)
    this.#isAsking = false
  }

  /** Owes the client a frame that no other client gets. */
  sendFrame(frame: ServerFrame): void {
    this.connection.send(Line.of(frame))
  }

  /** Answers a request that succeeded; nothing where it had no id. */
  ok<Action extends keyof typeof results>(
    request: Request<Action>,
    result: RequestResult<Action>,
  ): undefined {
    this.services.counters.requested(request.action, 'ok')
    if (request.id !== undefined) this.sendFrame({ action: 'ok', id: request.id, ...result })
  }

  /** Answers a request that failed, or a bad line. @param action what was asked for; by default by the newest line */
  refuse(error: Refusal, id?: string, action = this.#action): undefined {
    this.#sendError(error, this.#faults.note(error, action), id)
  }

  /** @param reference see `Faults` */
  #sendError(error: Refusal, reference: string | undefined, id?: string): void {
    const message = withReference(error.message, reference)
    const frame: ErrorFrame = { action: 'error', code: error.code, message, from: SERVER_NAME }
    if (id !== undefined && !this.isPlain) frame.id = id
    if (error.retryAfter !== undefined) frame.retryAfter = error.retryAfter
    if (error.methods !== undefined && !this.isPlain) frame.methods = error.methods
    if (error.nonce !== undefined && !this.isPlain) frame.nonce = error.nonce
    if (error.fatal === true) frame.fatal = true
    this.sendFrame(frame)
    if (error.fatal === true) this.connection.end(endOf(error))
  }

  /** Marks that an answer is to come later; call the result once when it is given. */
  expectAnswer(): () => void {
    this.#pending++
    return () => {
      this.#pending--
      this.connection.settled()
    }
  }

  /** Counts a message or a signal; true where it came too fast, and this client is read later. @param cost in messages */
  slowDown(cost = 1): boolean {
    const { paces, strangers } = this.services
    const now = performance.now()
    const { session } = this
    const isPaced = session !== undefined && strangers.isFresh(session.number, now) && this.isGuest
    const paced = isPaced ? strangers.speak(session.number, now) : 0
    return this.#wait(Math.max(paced, paces.say(this.#payer, cost, now)))
  }

  /** Counts a join in the same way. */
  slowDownJoins(): boolean {
    return this.#wait(this.services.paces.join(this.#payer, performance.now()))
  }

  #wait(ms: number): boolean {
    if (ms > 0) {
      this.connection.hold(ms)
      this.services.journal.limit(this.connection, 'slowed_down')
    }
    return ms > 0
  }

  get #payer(): Payer {
    const { personKey = '', connection } = this
    return { person: personKey, address: connection.limitedBy, account: this.accountNumber }
  }

  /** Reads this client later while most of a room cannot keep up, or the log cannot. */
  holdWhile(isCongested: () => boolean): void {
    if (isCongested()) this.connection.hold(CONGESTION_CHECK, () => (isCongested() ? CONGESTION_CHECK : 0))
  }

  take(decoded: Decoded<Request>): Promise<void> | undefined {
    const isFirst = !this.#hasSpoken
    this.#hasSpoken = true
    this.#action = 'invalid'
    if (!decoded.ok) {
      // Another protocol: its bytes may hold lines of ours, which its sender did not mean, or should not send.
      const fatal = isFirst && decoded.isForeign === true ? { fatal: true as const } : {}
      return this.#badLine({ ...decoded.error, ...fatal }, decoded.id)
    }
    const request = decoded.frame
    if (request.action === 'connect') {
      this.#badLines = 0
      this.#action = 'connect'
      return this.#handlers.connect(this, request)
    }
    if (this.person === undefined) {
      const message = `say {"action":"connect","username":"…"} before "${request.action}"`
      return this.#badLine({ code: 'not_connected', message }, request.id)
    }
    const served = this.isPlain ? plainRequest(request) : request
    if (served === undefined) {
      const message = `"${request.action}" is for clients that connect with "protocol":1`
      return this.#badLine({ code: 'unknown_action', message })
    }
    this.#badLines = 0
    this.#action = served.action
    return this.#serve(served.action, this.person, served)
  }

  broke(error: unknown, request: Decoded<Request> | undefined): void {
    const message =
      'the server failed by a bug of its own and logged it; connect again, and report it to its operator'
    const refusal: Refusal = { code: 'internal', message, fatal: true }
    const reference = this.#faults.noteBug(error, this.#action, request)
    this.#sendError(refusal, reference, request?.ok === true ? request.frame.id : request?.id)
  }

  fellSilent(): void {
    const message = 'nothing came from you for too long; connect again'
    this.sendAway(Line.of({ action: 'bye', reason: 'silent', message }), 'silent')
  }

  neverConnected(): void {
    this.refuse(NEVER_CONNECTED)
  }

  behindChanged(behind: boolean): void {
    this.isBehind = behind
    for (const { room } of this.memberships.values()) room.behind += behind ? 1 : -1
  }

  gone(): void {
    this.#isGone = true
    this.leaveAsking()
    if (this.#session !== undefined) this.services.sessions.disconnect(this.#session)
    this.#leave()
    this.#gone(this)
  }

  /** Leaves its rooms, and its name to others. */
  #leave(): void {
    const { person, services } = this
    if (person === undefined) return
    depart(services, this, person)
    this.memberships.clear()
    this.person = undefined
    services.roster?.went(this)
    this.claim?.release()
  }

  /** The handler of an action takes exactly the requests of this action. */
  #serve<A extends ConnectedAction>(
    action: A,
    person: Person,
    request: Request<A>,
  ): Promise<void> | undefined {
    const { name } = person
    const { policy } = this.services.accounts
    const standing = { name, isGuest: () => this.isGuest, scope: this.scope }
    const refusal = refuseAction(standing, policy, action)
    if (refusal !== undefined) return this.refuse(refusal, request.id)
    const handlers: ConnectedHandlers = this.#handlers
    return handlers[action](this, person, request)
  }

  #badLine(error: Refusal, id?: string): undefined {
    this.#badLines++
    const fatal = error.fatal === true || this.#badLines >= MAX_BAD_LINES
    this.refuse(fatal ? { ...error, fatal } : error, id)
  }
}
