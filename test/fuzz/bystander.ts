import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

type Frame = Readonly<Record<string, unknown>>

const PATIENCE = 20_000
const ROOM = 'bystanders'

/** A normal client whose conversation must go on, whatever others send. Each broken promise is a thrown sentence. */
export class Bystander {
  readonly name: string
  #socket: Socket | undefined
  #session: string | undefined
  #epoch: unknown
  /** The newest event of the room that it has. */
  #last = 0
  #isChained = false
  #next = 0
  #waiting: { readonly wanted: (frame: Frame) => boolean; readonly found: (frame: Frame) => void }[] = []

  constructor(name: string) {
    this.name = name
  }

  /** Connects, with its session where it has one, and joins its room where it left off. */
  async come(port: number): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    socket.on('error', () => undefined)
    createInterface({ input: socket }).on('line', line => this.#received(JSON.parse(line) as Frame))
    await once(socket, 'connect')
    const session = this.#session === undefined ? {} : { session: this.#session }
    const welcome = await this.ask({ action: 'connect', username: this.name, protocol: 1, ...session })
    this.#session = String(welcome['session'])
    const since = this.#isChained ? { since: this.#last, epoch: this.#epoch } : {}
    const joined = await this.ask({ action: 'joinroom', room: ROOM, ...since })
    if (!this.#isChained) this.#last = Number(joined['last'])
    this.#isChained = true
    this.#epoch = joined['epoch']
  }

  /** Its request's answer; an error is a broken promise. */
  async ask(request: Frame): Promise<Frame> {
    const id = `${this.name}${this.#next++}x${Math.random()}`
    const answer = this.wait(frame => frame['id'] === id && frame['action'] !== 'chat')
    this.#socket?.write(`${JSON.stringify({ ...request, id })}\n`)
    const frame = await answer
    if (frame['action'] === 'error')
      throw new Error(`${this.name} was refused: ${JSON.stringify({ request, frame })}`)
    return frame
  }

  /** The next frame that this holds for. */
  async wait(wanted: (frame: Frame) => boolean): Promise<Frame> {
    const found = new Promise<Frame>(resolve => this.#waiting.push({ wanted, found: resolve }))
    const late = new Error(`${this.name} waited ${PATIENCE} ms in vain`)
    const timer = new AbortController()
    try {
      return await Promise.race([
        found,
        wait(PATIENCE, undefined, { signal: timer.signal }).then(() => Promise.reject(late)),
      ])
    } finally {
      timer.abort()
    }
  }

  /** Leaves without a word. */
  drop(): void {
    this.#socket?.destroy()
  }

  #received(frame: Frame): void {
    if (frame['action'] === 'bye') throw new Error(`${this.name} was sent away: ${JSON.stringify(frame)}`)
    if (typeof frame['prev'] === 'number' && frame['room'] === ROOM) {
      if (this.#isChained && frame['prev'] !== this.#last)
        throw new Error(`${this.name} has a gap: ${this.#last} before ${JSON.stringify(frame).slice(0, 200)}`)
      this.#last = Number(frame['seq'])
    }
    if (frame['action'] === 'gap' && frame['room'] === ROOM) this.#last = Number(frame['before']) - 1
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ wanted, found }) => {
      const isIt = wanted(frame)
      if (isIt) found(frame)
      return !isIt
    })
  }
}

/** One says something, the other hears it, and it is in the log as it was said. Gives the longest wait, ms. */
export async function converse(speaker: Bystander, listener: Bystander): Promise<number> {
  const message = `said ${Math.random()}`
  const began = performance.now()
  const heard = listener.wait(frame => frame['action'] === 'chat' && frame['message'] === message)
  const stored = await speaker.ask({ action: 'chat', room: ROOM, message })
  const event = await heard
  if (event['seq'] !== stored['seq'] || event['from'] !== speaker.name)
    throw new Error(`a message came as another: ${JSON.stringify({ stored, event })}`)
  await listener.ask({ action: 'ping' })
  const page = await listener.ask({ action: 'history', room: ROOM, around: stored['seq'], limit: 3 })
  const kept = (page['events'] as readonly Frame[]).find(({ seq }) => seq === stored['seq'])
  if (kept?.['message'] !== message) throw new Error(`a message was changed: ${JSON.stringify(kept)}`)
  return performance.now() - began
}
