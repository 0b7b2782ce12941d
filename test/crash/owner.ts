import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { AccountContents } from '../../src/server/log/accounts.ts'

type Frame = Readonly<Record<string, unknown>>

const PASSWORD = 'correct horse'
const AGAIN_AFTER = 10

/** One connection that says something and waits for the answer; undefined where it broke before that. */
class Conversation {
  readonly #socket: Socket
  readonly #waiting = new Map<string, (frame: Frame | undefined) => void>()
  #isOver = false

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => this.end())
    createInterface({ input: this.#socket })
      .on('line', line => this.#heard(line))
      .on('error', () => undefined)
  }

  ask(frame: Frame): Promise<Frame | undefined> {
    if (this.#isOver) return Promise.resolve(undefined)
    return new Promise(resolve => {
      this.#waiting.set(String(frame['id']), resolve)
      this.#socket.write(`${JSON.stringify(frame)}\n`)
    })
  }

  end(): void {
    this.#isOver = true
    this.#socket.destroy()
    for (const resolve of this.#waiting.values()) resolve(undefined)
    this.#waiting.clear()
  }

  #heard(line: string): void {
    let frame: Frame
    try {
      frame = JSON.parse(line) as Frame
    } catch {
      return
    }
    const id = String(frame['id'])
    this.#waiting.get(id)?.(frame)
    this.#waiting.delete(id)
  }
}

/**
 * The owner of an account: invites people without end, two for the last use of each invitation, makes tokens and revokes
 * every second one. Remembers what was acknowledged.
 */
export class Owner {
  readonly #port: () => number
  readonly #name: string
  readonly #tokens = new Map<number, 'made' | 'revoking' | 'revoked'>()
  /** By the number of an invitation: the names that tried it, and those that were welcomed. */
  readonly #invited: { readonly names: readonly string[]; readonly welcomed: string[] }[] = []
  readonly #wrong: string[] = []
  #session: unknown
  #isRegistered = false
  #isEnding = false
  #rounds = 0
  #ended: Promise<void> | undefined
  #current: Conversation | undefined

  constructor(port: () => number, name: string) {
    this.#port = port
    this.#name = name
  }

  start(): void {
    this.#ended = this.#run()
  }

  /** Finishes what is under way. */
  async finish(): Promise<void> {
    this.#isEnding = true
    await this.#ended
  }

  /** Stops at once. */
  end(): void {
    this.#isEnding = true
    this.#current?.end()
  }

  /** What was acknowledged. */
  get acknowledged(): number {
    return this.#tokens.size + this.#invited.reduce((count, { welcomed }) => count + welcomed.length, 0)
  }

  /** Promises that the log does not keep. */
  problems({ accounts }: Pick<AccountContents, 'accounts'>): string[] {
    const own = accounts.find(({ person }) => person === this.#name)
    const numbers = accounts.flatMap(({ secrets }) => secrets.map(({ n }) => n))
    const there = new Set(own?.secrets.map(({ n }) => n))
    const names = new Set(accounts.map(({ person }) => person))
    return [
      ...this.#wrong,
      ...(own === undefined && this.#isRegistered ? [`the account of ${this.#name} is lost`] : []),
      ...(new Set(numbers).size === numbers.length ? [] : ['two secrets have one number']),
      ...[...this.#tokens].flatMap(([n, state]) =>
        state === 'made' && !there.has(n)
          ? [`token ${n} was acknowledged and is lost`]
          : state === 'revoked' && there.has(n)
            ? [`token ${n} was revoked and is there`]
            : [],
      ),
      ...this.#invited.flatMap(({ names: tried, welcomed }) => {
        const made = tried.filter(name => names.has(name))
        const lost = welcomed.filter(name => !names.has(name)).map(name => `the account of ${name} is lost`)
        return made.length > 1 ? [...lost, `one invitation made ${made.join(' and ')}`] : lost
      }),
    ]
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      await new Promise(resolve => setTimeout(resolve, AGAIN_AFTER))
      const conversation = new Conversation(this.#port())
      this.#current = conversation
      if (await this.#comeIn(conversation)) while (!this.#isEnding && (await this.#round(conversation)));
      conversation.end()
    }
  }

  async #comeIn(conversation: Conversation): Promise<boolean> {
    const session = this.#session === undefined ? {} : { session: this.#session }
    const welcome = await conversation.ask({
      action: 'connect',
      id: 'c',
      username: this.#name,
      protocol: 1,
      ...session,
    })
    if (welcome?.['action'] !== 'welcome') return false
    this.#session = welcome['session']
    if (this.#isRegistered) return true
    const answer = await conversation.ask({ action: 'register', id: 'r', password: PASSWORD })
    // The answer to an earlier one was lost.
    this.#isRegistered = answer?.['action'] === 'ok' || answer?.['code'] === 'forbidden'
    return this.#isRegistered
  }

  /** False where the connection broke. */
  async #round(conversation: Conversation): Promise<boolean> {
    const round = ++this.#rounds
    const token = await conversation.ask({
      action: 'token',
      id: `t${round}`,
      label: `round ${round}`,
      rooms: ['dev'],
      may: 'read',
      password: PASSWORD,
    })
    if (token === undefined) return false
    const n = Number(token['n'])
    if (token['action'] === 'ok') {
      if (this.#tokens.has(n)) this.#wrong.push(`token ${n} was given twice`)
      this.#tokens.set(n, 'made')
      if (!(await this.#revoke(conversation, n))) return false
    } else if (token['code'] !== 'limit_reached')
      this.#wrong.push(`a token was refused: ${String(token['message'])}`)
    const invite = await conversation.ask({ action: 'invite', id: `i${round}` })
    if (invite === undefined) return false
    if (invite['action'] === 'ok') await this.#take(round, invite['code'])
    return true
  }

  /** Revokes most of them, so that there is always room for more. */
  async #revoke(conversation: Conversation, n: number): Promise<boolean> {
    if (n % 16 === 0) return true
    this.#tokens.set(n, 'revoking')
    const answer = await conversation.ask({ action: 'revoke', id: `v${n}`, n })
    if (answer?.['action'] === 'ok') this.#tokens.set(n, 'revoked')
    return answer !== undefined
  }

  async #take(round: number, invite: unknown): Promise<void> {
    const names = ['a', 'b'].map(letter => `${this.#name}-${round}-${letter}`)
    const taken = { names, welcomed: [] as string[] }
    this.#invited.push(taken)
    await Promise.all(
      names.map(async username => {
        const conversation = new Conversation(this.#port())
        const frame = { action: 'connect', id: 'n', username, protocol: 1, invite, password: PASSWORD }
        const answer = await conversation.ask(frame)
        if (answer?.['action'] === 'welcome') taken.welcomed.push(username)
        conversation.end()
      }),
    )
  }
}
