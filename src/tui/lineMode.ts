/**
 * The client without a terminal: lines in, lines out, for scripts and pipes.
 *
 * Each line of the input is a message to the first room, unchanged (a `/` is only a character). Each message of others
 * is printed as `room name: text`; each line of a longer text is printed so. Printing begins with the messages after
 * joining. Messages that were sent while the connection was lost are printed when it is back.
 *
 * Errors go to the error output. Line mode ends when the input has ended and every line is acknowledged.
 */

import type { Readable, Writable } from 'node:stream'
import type { ChatClient } from '../client/client.ts'
import type { RoomView } from '../client/room.ts'
import type { MessageEntry, TimelineEntry } from '../client/timelineEntry.ts'
import { MAX_REQUEST_BYTES } from '../protocol/limits.ts'
import { LineCutter } from '../protocol/lines.ts'
import { foldName } from '../protocol/names.ts'
import { cleanLine, cleanText } from './text/clean.ts'

/** At most so many lines are read ahead of their acknowledgement, however long the input is. */
const MAX_UNACKNOWLEDGED = 32
/** After the end of the input, how long the next acknowledgement may take, ms. */
const DELIVERY_TIMEOUT_MS = 30_000
/** How much of a line an error quotes, in characters. */
const EXCERPT = 40
const NEWLINE = Buffer.from('\n')

const EXIT_NOT_DELIVERED = 1
/** What a shell reports for a program that lost the reader of its output: 128 + SIGPIPE. */
const EXIT_READER_GONE = 141

/** What line mode works with. */
export interface LineOptions {
  /** Started and closed by the caller. */
  readonly client: ChatClient
  /** Names of the rooms to print. Input goes to the first. */
  readonly rooms: readonly [string, ...string[]]
  /** The name of the server in sentences. */
  readonly server: string
  readonly input: Readable
  readonly output: Writable
  readonly errors: Writable
  /** Ends line mode before the input does. The reason is a sentence for the user, or empty. */
  readonly abort?: AbortSignal
  /** After the end of the input, how long the next acknowledgement may take, ms; 30 s unless given. */
  readonly deliveryTimeout?: number
}

/** Runs until the input has ended and everything is acknowledged. Resolves with the exit code. */
export function runLineMode(options: LineOptions): Promise<number> {
  return new LineMode(options).run()
}

/** How far the messages of a room are printed. */
interface Printed {
  /** Undefined until the room is joined: messages from before are not printed. */
  seq: number | undefined
  /** The last restart of the server's log that was seen. */
  restart: TimelineEntry | undefined
  /** True where the room was joined again since. */
  mayHaveRestarted: boolean
}

class LineMode {
  readonly #options: LineOptions
  readonly #client: ChatClient
  /** Beginnings of the lines that are not acknowledged, by id of the message. */
  readonly #pending = new Map<string, string>()
  /** Ids of our lines that have not come back yet as messages of the room. */
  readonly #own = new Set<string>()
  /** By room key. */
  readonly #printed = new Map<string, Printed>()
  #roomKey = ''
  #exitCode = 0
  #inputEnded = false
  #isFirstLine = true
  /** Whether the server was ever reached: without it nothing was delivered, also where there was nothing to send. */
  #wasOnline = false
  #isDown = false
  #timer: NodeJS.Timeout | undefined
  #wake: (() => void) | undefined
  /** Ends the run; set while it runs. */
  #finish: (exitCode: number) => void = () => undefined

  constructor(options: LineOptions) {
    this.#options = options
    this.#client = options.client
  }

  async run(): Promise<number> {
    const { rooms, input, output, errors, abort } = this.#options
    const keys = rooms.map(room => this.#client.join(room))
    for (const key of keys) {
      if (!key.ok) return this.#refuse(key.error.message)
      this.#printed.set(key.value, { seq: undefined, restart: undefined, mayHaveRestarted: true })
    }
    this.#roomKey = [...this.#printed.keys()][0] ?? ''

    const finished = new Promise<number>(resolve => {
      this.#finish = resolve
    })
    const onOutputError = (error: NodeJS.ErrnoException): void => this.#outputBroke(error)
    const onAbort = (): void => this.#fail(typeof abort?.reason === 'string' ? abort.reason : undefined)
    output.on('error', onOutputError)
    // A closed error output cannot be reported anywhere.
    errors.on('error', () => undefined)
    abort?.addEventListener('abort', onAbort, { once: true })
    const unsubscribe = this.#client.subscribe(event => {
      if (event.type === 'changed') this.#refresh()
      else if (event.type === 'notice') this.#complain(`the server says: ${cleanLine(event.message)}`)
      else if (event.type === 'error') this.#complain(`the server refuses: ${cleanLine(event.message)}`)
    })
    if (abort?.aborted === true) onAbort()
    void this.#readInput()
    const exitCode = await finished
    clearTimeout(this.#timer)
    unsubscribe()
    abort?.removeEventListener('abort', onAbort)
    this.#finish = () => undefined
    this.#inputEnded = true
    this.#wake?.()
    input.destroy()
    return exitCode
  }

  async #readInput(): Promise<void> {
    const cutter = new LineCutter(MAX_REQUEST_BYTES)
    try {
      for await (const chunk of this.#options.input) {
        cutter.push(Buffer.from(chunk))
        await this.#sayLines(cutter)
        if (this.#inputEnded) return
      }
      // The last line may lack its newline.
      if (cutter.hasHalfLine) {
        cutter.push(NEWLINE)
        await this.#sayLines(cutter)
      }
    } catch (error) {
      if (!this.#inputEnded) this.#notDelivered(`cannot read the input: ${reasonOf(error)}`)
    }
    this.#endInput()
  }

  async #sayLines(cutter: LineCutter): Promise<void> {
    for (let line = cutter.next(); line !== undefined && !this.#inputEnded; line = cutter.next()) {
      if (line.kind === 'too-long')
        this.#notDelivered('a line was not delivered: it is too long; shorten or split it')
      else this.#sayLine(line.bytes)
      while (this.#pending.size >= MAX_UNACKNOWLEDGED && !this.#inputEnded) {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    }
  }

  #sayLine(bytes: Buffer): void {
    const text = this.#withoutMark(decode(bytes))
    if (text === undefined) return this.#notDelivered('a line was not delivered: it is not UTF-8')
    if (text.trim() === '') return
    const said = this.#client.say(this.#roomKey, text)
    const excerpt = text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text
    if (said.ok) {
      this.#pending.set(said.value, excerpt)
      this.#own.add(said.value)
    } else this.#lineFailed(excerpt, said.error.message)
  }

  /** The first line without the byte order mark of a file. */
  #withoutMark(text: string | undefined): string | undefined {
    if (!this.#isFirstLine) return text
    this.#isFirstLine = false
    return text?.replace(/^\ufeff/, '')
  }

  #endInput(): void {
    if (this.#inputEnded) return
    this.#inputEnded = true
    this.#wake?.()
    this.#progress()
  }

  /** Acts on a change of the client: results of our lines, new messages, the state of the connection. */
  #refresh(): void {
    const { link } = this.#client
    if (link.status === 'refused') {
      const hint =
        link.code === 'name_taken'
          ? '; choose another name with --user'
          : link.methods !== undefined
            ? `\n  A program has a token in CHAT_TOKEN; a person signs in once on a terminal: chat-tui --user ${cleanLine(this.#client.username)}`
            : link.accepts === undefined
              ? ''
              : `\n  To accept it, start again with --fingerprint ${link.accepts}`
      return this.#fail(`${link.message.split('\n').map(cleanLine).join('\n  ')}${hint}`)
    }
    if (link.status === 'waiting' && this.#inputEnded && this.#pending.size === 0 && !this.#wasOnline) {
      return this.#fail(`no connection to ${this.#options.server}: ${cleanLine(link.reason)}`)
    }
    if (link.status === 'waiting' && link.isMoving !== true && !this.#isDown) {
      this.#isDown = true
      this.#complain(`no connection to ${this.#options.server}: ${cleanLine(link.reason)}; trying again`)
    } else if (link.status === 'online') {
      this.#isDown = false
      if (!this.#wasOnline) this.#reached()
    }
    for (const [key, printed] of this.#printed) {
      const room = this.#client.rooms.get(key)
      if (room === undefined) continue
      if (room.status === 'failed') {
        return this.#fail(`cannot join ${cleanLine(room.name)}: ${cleanLine(room.error ?? 'refused')}`)
      }
      this.#print(room, printed)
    }
    this.#settle()
  }

  #settle(): void {
    if (this.#pending.size === 0) return
    const entries = new Map(
      this.#client.rooms.get(this.#roomKey)?.outbox.map(entry => [entry.id, entry.state]),
    )
    const before = this.#pending.size
    for (const [id, excerpt] of this.#pending) {
      const state = entries.get(id)
      if (state?.status === 'waiting' || state?.status === 'sending') continue
      this.#pending.delete(id)
      if (state?.status !== 'failed') continue
      this.#lineFailed(excerpt, state.message)
      this.#client.discard(id)
      this.#own.delete(id)
    }
    if (this.#pending.size < before) this.#progress()
  }

  /** After an acknowledgement or the end of the input: reads on, ends, or waits for the next acknowledgement. */
  #progress(): void {
    this.#wake?.()
    if (!this.#inputEnded) return
    if (this.#pending.size === 0 && this.#wasOnline) return this.#finish(this.#exitCode)
    const { deliveryTimeout = DELIVERY_TIMEOUT_MS } = this.#options
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.#fail(`${this.#options.server} acknowledged none within ${deliveryTimeout / 1000} seconds`),
      deliveryTimeout,
    )
  }

  #reached(): void {
    this.#wasOnline = true
    if (this.#inputEnded) this.#progress()
  }

  /** Prints the new messages of a room in order. A gap that is still being filled holds back the messages behind it. */
  #print(room: RoomView, printed: Printed): void {
    if (room.status !== 'joined' || room.loadingBefore) {
      printed.mayHaveRestarted = true
      return
    }
    const entries = this.#newEntries(room, printed)
    const isFirst = printed.seq === undefined
    printed.seq ??= 0
    const lines: string[] = []
    for (const entry of entries) {
      if (entry.kind === 'restart') continue
      if (entry.kind === 'gap') {
        if (!isFirst && entry.reason !== 'expired') {
          if (!entry.loading) this.#client.fillGap(room.key, entry.before)
          break
        }
        if (!isFirst) this.#complain(`messages in ${cleanLine(room.name)} were missed and are no longer kept`)
        printed.seq = entry.before - 1
        continue
      }
      printed.seq = entry.seq
      if (!isFirst && entry.kind === 'message') lines.push(...this.#linesOf(room, entry))
    }
    if (lines.length > 0 && this.#options.output.writable) this.#options.output.write(lines.join(''))
  }

  /** The entries behind the last printed one. */
  #newEntries({ timeline }: RoomView, printed: Printed): readonly TimelineEntry[] {
    if (printed.mayHaveRestarted) {
      printed.mayHaveRestarted = false
      const restart = timeline.findLast(entry => entry.kind === 'restart')
      if (restart !== printed.restart) {
        printed.restart = restart
        // The server has a new log: every message in it is new, and seqs start over.
        if (printed.seq !== undefined) printed.seq = 0
      }
    }
    const held = printed.seq ?? 0
    const last = timeline.findLastIndex(
      entry => entry.kind === 'restart' || (entry.kind === 'gap' ? entry.before - 1 : entry.seq) <= held,
    )
    return timeline.slice(last + 1)
  }

  #linesOf(room: RoomView, { id, from, text }: MessageEntry): readonly string[] {
    if (this.#isOwn(id, from) || text === undefined) return []
    const prefix = `${cleanLine(room.name)} ${cleanLine(from)}: `
    return cleanText(text)
      .split('\n')
      .map(line => `${prefix}${line}\n`)
  }

  /** Whether the message is one of our lines. Ids are unique to a name. Messages of our other clients are printed. */
  #isOwn(id: string, from: string): boolean {
    return foldName(from) === foldName(this.#client.username) && this.#own.delete(id)
  }

  /** The output is closed: like every program in a pipe, line mode ends once the lines it read are delivered. */
  #outputBroke(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') this.#exitCode ||= EXIT_READER_GONE
    else this.#notDelivered(`cannot write the output: ${reasonOf(error)}`)
    this.#endInput()
  }

  #lineFailed(excerpt: string, why: string): void {
    this.#notDelivered(`"${cleanLine(excerpt)}" was not delivered: ${cleanLine(why)}`)
  }

  #notDelivered(message: string): void {
    this.#exitCode = EXIT_NOT_DELIVERED
    this.#complain(message)
  }

  /** Ends the run now, with a sentence. */
  #fail(reason: string | undefined): void {
    const left = this.#pending.size
    const lines =
      left === 0 ? '' : left === 1 ? 'one line was not delivered' : `${left} lines were not delivered`
    const sentence = [lines, reason ?? ''].filter(part => part !== '').join(': ')
    if (sentence !== '') this.#complain(sentence)
    this.#finish(EXIT_NOT_DELIVERED)
  }

  #refuse(message: string): number {
    this.#complain(message)
    return EXIT_NOT_DELIVERED
  }

  #complain(message: string): void {
    if (this.#options.errors.writable) this.#options.errors.write(`chat-tui: ${message}\n`)
  }
}

/** The text of a line; undefined for bytes that are not UTF-8. */
function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
