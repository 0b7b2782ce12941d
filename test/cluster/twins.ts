import { type Frame, Stubborn } from '../crash/people.ts'

const NAME = 'twin'
const AGAIN_AFTER = 10

/** One message of the twins as it was said through one of their daemons. */
export interface TwinMessage {
  readonly id: string
  readonly daemon: string
  readonly sentAt: number
  seq: number | undefined
  acknowledgedAt: number | undefined
}

/** Two connections of one session, at two daemons, which say each message at once, with one id. */
export class Twins {
  readonly said: TwinMessage[] = []
  readonly wrong: string[] = []
  readonly #twins: readonly Twin[]
  #number = 0
  #isQuiet = false
  /** Of the message that is on its way. */
  #open = new Map<string, TwinMessage>()

  /** @param ports of two daemons, in their order */
  constructor(ports: readonly (() => number)[], room: string) {
    const session: { secret?: unknown } = {}
    this.#twins = ports.map(
      (port, at) =>
        new Twin(port, `daemon${at}`, room, session, {
          joined: () => this.#joined(at),
          answered: (id, seq) => this.#answered(at, id, seq),
          refused: message => this.wrong.push(message),
        }),
    )
  }

  /** The second one connects when the first one has the session. */
  start(): void {
    this.#twins[0]?.start()
  }

  end(): void {
    for (const twin of this.#twins) twin.end()
  }

  /** Says nothing new; true when everything that was said is acknowledged by both. */
  get isDone(): boolean {
    this.#isQuiet = true
    return this.#open.size === 0
  }

  #joined(at: number): void {
    if (at === 0) this.#twins[1]?.startOnce()
    if (this.#number === 0 && at === 1) this.#sayNext()
    else this.#twins[at]?.say(this.#open.get(`daemon${at}`)?.id)
  }

  #sayNext(): void {
    if (this.#isQuiet) return
    const id = `${NAME}:${++this.#number}`
    for (const twin of this.#twins) {
      const message: TwinMessage = {
        id,
        daemon: twin.daemon,
        sentAt: performance.now(),
        seq: undefined,
        acknowledgedAt: undefined,
      }
      this.said.push(message)
      this.#open.set(twin.daemon, message)
      twin.say(id)
    }
  }

  #answered(at: number, id: string, seq: number): void {
    const message = this.#open.get(`daemon${at}`)
    if (message?.id !== id) return
    message.seq = seq
    message.acknowledgedAt = performance.now()
    this.#open.delete(message.daemon)
    if (this.#open.size === 0) this.#sayNext()
  }
}

interface TwinListener {
  readonly joined: () => void
  readonly answered: (id: string, seq: number) => void
  readonly refused: (message: string) => void
}

class Twin extends Stubborn {
  readonly daemon: string
  readonly #room: string
  readonly #session: { secret?: unknown }
  readonly #listener: TwinListener
  #hasStarted = false

  constructor(
    port: () => number,
    daemon: string,
    room: string,
    session: { secret?: unknown },
    listener: TwinListener,
  ) {
    super(port)
    this.daemon = daemon
    this.#room = room
    this.#session = session
    this.#listener = listener
  }

  startOnce(): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.start()
  }

  say(id: string | undefined): void {
    if (id !== undefined)
      this.send({ action: 'chat', room: this.#room, message: `${id} says hello to everybody`, id })
  }

  protected override came(): void {
    const { secret } = this.#session
    this.send({
      action: 'connect',
      username: NAME,
      protocol: 1,
      ...(secret === undefined ? {} : { session: secret }),
    })
  }

  protected override heard({ action, id, seq, code, message, session }: Frame): void {
    if (action === 'welcome') {
      this.#session.secret ??= session
      // This daemon does not have the session yet.
      if (this.#session.secret !== session) return this.leave()
      this.send({ action: 'joinroom', room: this.#room, id: 'join' })
    } else if (action === 'ok' && id === 'join') this.#listener.joined()
    else if (action === 'ok' && typeof id === 'string' && typeof seq === 'number')
      this.#listener.answered(id, seq)
    else if (action === 'error' && code === 'storage_unavailable')
      setTimeout(() => this.say(typeof id === 'string' ? id : undefined), AGAIN_AFTER)
    // This daemon does not have the session yet, and another one has its name.
    else if (action === 'error' && code === 'name_taken') this.leave()
    else if (action === 'error')
      this.#listener.refused(`${NAME} at ${this.daemon}: ${String(code)} ${String(message)}`)
  }
}
