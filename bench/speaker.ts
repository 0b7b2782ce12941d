import { connect, type Socket } from 'node:net'
import { DIALECTS, type DialectName } from './dialects.ts'

/** How often a flood sends, ms. */
const BETWEEN = 10

const NAME = 'speaker'
const ROOM = 'bench'

/**
 * Message n of a flood: what people of a busy room write. No text has the letters that the bench types, and by which it finds
 * that a key was painted.
 */
function messageText(n: number): string {
  if (n % 50 === 0) return `@bencher could you look at ${n} before the release?`
  if (n % 10 === 3) return `see https://git.example.org/acme/widgets/pull/${n}/files#diff-9f1c2b3a`
  if (n % 10 === 5) return `the \`npm run build\` of ${n} is *green* and _fast_, see #room${n % 40}`
  if (n % 10 === 7) return `I changed it to\n\`\`\`ts\nconst limit = ${n}\nreturn limit + 1\n\`\`\``
  return `message ${n} of a flood that goes on and on`
}

/** Another member of the room, which sends without waiting for answers. */
export class Speaker {
  readonly #socket: Socket
  readonly #dialect: DialectName
  #said = 0

  constructor(port: number, dialect: DialectName = 'plain') {
    this.#dialect = dialect
    const { hello, welcome, join } = DIALECTS[dialect]
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('utf8').on('data', text => {
      if (welcome !== undefined && text.includes(welcome)) this.#socket.write(join(ROOM))
    })
    this.#socket.write(hello(NAME))
    if (welcome === undefined) this.#socket.write(join(ROOM))
  }

  /** Sends so many messages at once. */
  say(count: number): void {
    const texts = Array.from({ length: count }, () => messageText(++this.#said))
    this.#socket.write(texts.map(text => this.#line(text)).join(''))
  }

  /** Sends one message. */
  sayText(text: string): void {
    this.#socket.write(this.#line(text))
  }

  /** Sends so many messages a second, in portions, until the returned function is called. */
  flood(perSecond: number): () => void {
    const began = performance.now()
    let sent = 0
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) * perSecond) / 1_000)
      this.say(due - sent)
      sent = due
    }, BETWEEN)
    return () => clearInterval(timer)
  }

  #line(text: string): string {
    const { say } = DIALECTS[this.#dialect]
    return say(ROOM, this.#dialect === 'irc' ? text.replaceAll('\n', ' ') : JSON.stringify(text).slice(1, -1))
  }

  end(): void {
    this.#socket.destroy()
  }
}
