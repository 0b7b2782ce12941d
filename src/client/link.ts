import type { Socket } from 'node:net'
import { encodeFrame, type FrameDecoder, serverFrameDecoder } from '../protocol/codec.ts'
import { failure, isRetryable, type Result } from '../protocol/errors.ts'
import type { Request } from '../protocol/requests.ts'
import type { ErrorFrame, ServerFrame, Welcome } from '../protocol/responses.ts'
import type { Addresses } from './addresses.ts'
import { Dialing, reasonOfSocket } from './dial.ts'
import { type Farewell, pauseAfter } from './farewell.ts'
import { type Credentials, Introduction, type ProgramNames, secretIn } from './introduction.ts'
import { Liveness } from './liveness.ts'
import { type Refused, refusedFarewell, refusedSignIn } from './refused.ts'
import type { Signer } from './signIn.ts'
import type { Presented, Trust, TrustIn } from './trust.ts'
import { Unanswered } from './unanswered.ts'
import { Way } from './way.ts'

/** The state of the connection to the server. */
export type LinkState =
  /** Not started, or stopped for good by `close()`. */
  | { readonly status: 'closed' }
  /** `isMoving`: the connection was lost, or its daemon goes, and other addresses of the server were not tried yet. */
  | { readonly status: 'connecting'; readonly attempt: number; readonly isMoving?: true }
  /** `lateSince`: when the oldest request was sent that waits for its answer unusually long (our clock, ms). */
  | { readonly status: 'online'; readonly since: number; readonly lateSince?: number }
  /** Not connected; the next attempt starts at `retryAt` (our clock, ms). */
  | {
      readonly status: 'waiting'
      readonly attempt: number
      readonly retryAt: number
      readonly reason: string
      readonly isMoving?: true
    }
  /**
   * The server refuses this client, or this client the server, until the user acts (another name, another server). The
   * message has a paragraph a line. `accepts`: the key of the server, which the user may accept.
   */
  | ({ readonly status: 'refused' } & Refused)

/** How a {@link Link} connects. */
export interface LinkOptions extends ProgramNames {
  readonly addresses: Addresses
  /** How long a server may take from the start of an attempt to its `welcome`, ms. */
  readonly welcomeTimeout: number
  readonly beforeConnect?: ((attempt: number) => Promise<void>) | undefined
  readonly trust?: TrustIn | undefined
}

/** What a {@link Link} asks of its owner, and tells it. */
export interface LinkWatcher {
  /** What the next attempt brings. */
  credentials(): Credentials
  /** The credential of this attempt was sent. */
  spent(): void
  opened(welcome: Welcome): void
  received(frame: Exclude<ServerFrame, Welcome>): void
  /** The state changed. After a loss of the connection, no pending request will be answered. */
  changed(state: LinkState): void
}

/** An old connection of this client can hold the name this long, ms: the server closes it after 120 s of silence. */
const STALE_NAME_MS = 150_000
/**
 * Another client of this user may have taken the name in this moment and be saving its session: after this time, ms, it
 * has.
 */
const ASK_AGAIN_AFTER_MS = 400
const BAD_LINES_ENDURED = 20
/** A key may wait for a touch, or for the user, this long, ms; the server waits as long. */
const SIGN_WITHIN_MS = 55_000

/** The connection to the server: connects, authenticates, sends signs of life, and connects again after a loss. */
export class Link {
  readonly #options: LinkOptions
  readonly #watcher: LinkWatcher
  #state: LinkState = { status: 'closed' }
  /** The attempt whose server has not answered yet. */
  #dialing: Dialing | undefined
  #socket: Socket | undefined
  /** What the server showed in its handshake. */
  #presented: Presented | undefined
  #decoder: FrameDecoder<ServerFrame> = serverFrameDecoder()
  /** Attempts since the connection was last up, this one included: each is a round of all addresses. */
  #attempt = 0
  readonly #way: Way
  /** When the connection was last up; 0: never. */
  #lastOnline = 0
  #timer: NodeJS.Timeout | undefined
  readonly #liveness = new Liveness({
    ping: () => this.send({ action: 'ping', id: `ping-${++this.#pings}` }),
    giveUp: () => {
      if (this.#socket !== undefined) this.#broken(this.#socket, 'the server fell silent')
    },
  })
  readonly #unanswered = new Unanswered(() => this.#answersLate())
  /** Whether a taken name was requested a second time. */
  #askedAgain = false
  #badLines = 0
  #pings = 0
  #introduction: Introduction | undefined
  #farewell: Farewell | undefined

  constructor(options: LinkOptions, watcher: LinkWatcher) {
    this.#options = options
    this.#way = new Way(options.addresses)
    this.#watcher = watcher
  }

  get state(): LinkState {
    return this.#state
  }

  /** Connects now, as the user wants it. */
  start(): void {
    if (this.#state.status === 'connecting' || this.#state.status === 'online') return
    this.#way.wanted()
    this.#again()
  }

  #again(): void {
    this.#attempt++
    void this.#connect(this.#attempt)
  }

  /** Accepts the key of the server that was refused, and connects. */
  acceptKey(fingerprint: string): void {
    this.#trust?.accept(fingerprint)
    this.#way.accepted()
    this.start()
  }

  /** Sends a request; false without a connection. */
  send(request: Request): boolean {
    if (this.#state.status !== 'online' || this.#socket === undefined) return false
    this.#socket.write(encodeFrame(request))
    if (request.id !== undefined) this.#unanswered.sent(request.id)
    return true
  }

  /** Signs for this connection, to show that the user is there. The error is a sentence. */
  sign(key: Signer, nonce: string): Promise<Result<string, string>> {
    const introduction = this.#introduction
    if (this.#state.status !== 'online' || introduction === undefined)
      return Promise.resolve(failure('there is no connection to the server'))
    return introduction.signAgain(key, nonce)
  }

  /** Closes the connection for good. Resolves when the socket is closed. */
  async close(): Promise<void> {
    const socket = this.#socket
    this.#drop()
    this.#become({ status: 'closed' })
    if (socket === undefined || socket.destroyed) return
    const gone = new Promise(resolve => socket.once('close', resolve))
    // The last writes go out before the socket closes; a server that does not read is not waited for.
    socket.end(() => socket.destroy())
    const timeout = setTimeout(() => socket.destroy(), 500)
    await gone
    clearTimeout(timeout)
  }

  async #connect(attempt: number): Promise<void> {
    clearTimeout(this.#timer)
    this.#become({ status: 'connecting', attempt, ...this.#way.moving })
    await this.#options.beforeConnect?.(attempt)
    const routes = await this.#way.round()
    // The link was closed or started again meanwhile.
    if (this.#state.status !== 'connecting' || this.#attempt !== attempt || this.#isOpen) return
    this.#way.begin(routes)
    this.#dialNext()
  }

  #dialNext(): void {
    const route = this.#way.next()
    if (route === undefined) return
    this.#become({ status: 'connecting', attempt: this.#attempt, ...this.#way.moving })
    this.#farewell = undefined
    this.#expectWithin(this.#way.patience(this.#attempt, this.#options.welcomeTimeout))
    // Once for the whole attempt: the key is judged by whether this session goes to it.
    const credentials = this.#watcher.credentials()
    const secret = secretIn(credentials)
    const { host, port, identity } = route
    const trust = this.#trust
    this.#dialing = new Dialing(
      {
        ...{ host, port, name: identity.host, trust, hasSecret: secret !== undefined },
        ...(secret === undefined ? {} : { secret }),
      },
      {
        opened: (socket, presented) => this.#opened(socket, presented, credentials),
        refused: refusal => {
          this.#way.doubt(refusal)
          this.#lost(refusal.message.split('\n', 1).join(''))
        },
        failed: reason => this.#lost(reason),
      },
    )
  }

  /** Whom to trust at the address of this attempt. */
  get #trust(): Trust | undefined {
    const { route } = this.#way
    return route === undefined ? undefined : this.#options.trust?.(route)
  }

  #opened(socket: Socket, presented: Presented | undefined, credentials: Credentials): void {
    this.#dialing = undefined
    this.#socket = socket
    this.#presented = presented
    this.#decoder = serverFrameDecoder()
    this.#badLines = 0
    if (this.#way.areSeveral) this.#expectWithin(this.#options.welcomeTimeout)
    socket.on('data', (chunk: Buffer) => this.#read(socket, chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#broken(socket, reasonOfSocket(error)))
    socket.on('close', () => this.#broken(socket, 'the server closed the connection'))
    this.#introduction = new Introduction(socket, this.#options, credentials, () => this.#watcher.spent())
  }

  /** Signs with a key for this connection. The key may wait for the user. */
  async #sign(socket: Socket, introduction: Introduction, nonce: string): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#lost('the key did not sign in time'), SIGN_WITHIN_MS)
    const signed = await introduction.sign(nonce)
    if (socket !== this.#socket) return
    if (!signed.ok)
      return this.#refuse({ code: 'auth_failed', message: signed.error, methods: ['key', 'password'] })
    this.#expectWithin(this.#options.welcomeTimeout)
  }

  #expectWithin(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tookTooLong(), ms)
  }

  #tookTooLong(): void {
    const server = this.#way.shown
    this.#lost(
      this.#dialing !== undefined && this.#trust !== undefined
        ? `${server} does not answer to TLS: is it chatd, and the right port?`
        : `nothing that speaks like chatd answers on ${server}: is it the right port?`,
    )
  }

  /** Whether an attempt is under way, or a connection stands. */
  get #isOpen(): boolean {
    return this.#dialing !== undefined || this.#socket !== undefined
  }

  #read(socket: Socket, chunk: Buffer): void {
    if (socket !== this.#socket) return
    if (this.#state.status === 'online') this.#liveness.heard()
    this.#decoder.push(chunk)
    for (let line = this.#decoder.next(); line !== undefined; line = this.#decoder.next()) {
      if (!line.ok) this.#bad(socket, line.error.code)
      else {
        this.#badLines = 0
        this.#take(socket, line.frame)
      }
      // A frame can have closed the connection.
      if (socket !== this.#socket) return
    }
  }

  #bad(socket: Socket, code: string): void {
    // A newer server may send frames that this version does not know; they are ignored.
    if (code === 'unknown_action') return
    if (++this.#badLines < BAD_LINES_ENDURED && this.#state.status === 'online') return
    this.#broken(socket, `what answers on ${this.#way.shown} is not chatd: is it the right port?`)
  }

  #take(socket: Socket, frame: ServerFrame): void {
    if (frame.action === 'welcome') {
      if (this.#state.status !== 'online') this.#welcomed(frame)
      return
    }
    if (this.#state.status === 'connecting') {
      if (frame.action === 'error') this.#turnedAway(socket, frame)
      return
    }
    const final = frame.action === 'bye' ? refusedFarewell(frame) : undefined
    if (final !== undefined) return this.#refuse(final)
    const isSentOn = frame.action === 'bye' && this.#way.leaves(frame)
    if (frame.action === 'bye' || (frame.action === 'error' && frame.fatal === true))
      this.#farewell = { reason: frame.message, retryAfter: frame.retryAfter, isSentOn }
    if (isSentOn) return
    if ((frame.action === 'ok' || frame.action === 'error') && frame.id !== undefined)
      this.#unanswered.answered(frame.id)
    this.#watcher.received(frame)
  }

  #answersLate(): void {
    if (this.#state.status !== 'online') return
    const { status, since } = this.#state
    const { lateSince } = this.#unanswered
    this.#become({ status, since, ...(lateSince === undefined ? {} : { lateSince }) })
    if (lateSince !== undefined) this.#liveness.probe()
  }

  #welcomed(welcome: Welcome): void {
    clearTimeout(this.#timer)
    const refusal = this.#presented === undefined ? undefined : this.#trust?.welcomed(this.#presented)
    if (refusal !== undefined) return this.#refuse(refusal)
    this.#way.welcomed(welcome.peers)
    this.#attempt = 0
    this.#askedAgain = false
    this.#lastOnline = Date.now()
    this.#become({ status: 'online', since: this.#lastOnline })
    this.#liveness.heard()
    this.#watcher.opened(welcome)
  }

  #turnedAway(socket: Socket, frame: ErrorFrame): void {
    const { code, message, retryAfter } = frame
    const introduction = this.#introduction
    const nonce = introduction?.nonceIn(frame)
    if (introduction !== undefined && nonce !== undefined) return void this.#sign(socket, introduction, nonce)
    // A credential is never tried again by itself.
    if (introduction?.hasCredential === true || code === 'auth_required' || code === 'auth_failed')
      return this.#refuse(refusedSignIn(frame))
    // If the server has forgotten our session, our own broken connection may still hold the name.
    const mayBeOurs = code === 'name_taken' && Date.now() - this.#lastOnline < STALE_NAME_MS
    if (isRetryable(code) || code === 'limit_reached' || mayBeOurs) {
      this.#farewell = { reason: message, retryAfter }
      this.#broken(socket, message)
      return
    }
    this.#drop()
    socket.destroy()
    if (code === 'name_taken' && !this.#askedAgain) {
      this.#askedAgain = true
      const attempt = this.#attempt
      this.#timer = setTimeout(() => void this.#connect(attempt), ASK_AGAIN_AFTER_MS)
      return
    }
    this.#askedAgain = false
    this.#become({ status: 'refused', code, message })
  }

  /** The server is not the one that this client knows, or does not let the user in. */
  #refuse({ code, message, accepts, methods }: Refused): void {
    const socket = this.#socket
    this.#drop()
    socket?.destroy()
    this.#become({
      status: 'refused',
      code,
      message,
      ...(accepts === undefined ? {} : { accepts }),
      ...(methods === undefined ? {} : { methods }),
    })
  }

  #broken(socket: Socket, reason: string): void {
    if (socket === this.#socket) this.#lost(reason)
  }

  /** The connection, or the attempt at one address, is over: the next address follows, or after a pause the next round. */
  #lost(reason: string): void {
    const now = Date.now()
    const onlineFor = this.#state.status === 'online' ? now - this.#state.since : undefined
    const wasOnline = onlineFor !== undefined
    if (wasOnline) this.#lastOnline = now
    const farewell = this.#farewell
    const socket = this.#socket
    this.#drop()
    socket?.destroy()
    if (!wasOnline && this.#way.hasNext) return this.#dialNext()
    const question = wasOnline ? undefined : this.#way.question()
    if (question !== undefined) return this.#refuse(question)
    this.#way.ended(wasOnline)
    this.#attempt = Math.max(1, this.#attempt)
    const wait = pauseAfter(farewell, this.#attempt, onlineFor)
    this.#timer = setTimeout(() => this.#again(), wait)
    this.#become({
      status: 'waiting',
      attempt: this.#attempt,
      retryAt: now + wait,
      reason: farewell?.reason ?? (wasOnline ? reason : this.#way.failed(reason)),
      ...this.#way.moving,
    })
  }

  #drop(): void {
    clearTimeout(this.#timer)
    this.#liveness.stop()
    this.#unanswered.clear()
    this.#dialing?.stop()
    this.#dialing = undefined
    this.#presented = undefined
    this.#socket?.removeAllListeners()
    // An error of a dropped socket must not end the process.
    this.#socket?.on('error', () => undefined)
    this.#socket = undefined
  }

  #become(state: LinkState): void {
    this.#state = state
    this.#watcher.changed(state)
  }
}
