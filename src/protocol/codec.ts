import { isUtf8 } from 'node:buffer'
import * as z from 'zod'
import { type Refusal, refuse } from './errors.ts'
import { requestId } from './events.ts'
import { MAX_NESTING, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from './limits.ts'
import { LineCutter } from './lines.ts'
import { type Request, type RequestResult, requests, results } from './requests.ts'
import { type Ok, type PlainChat, type ServerFrame, serverFrame } from './responses.ts'

/** One line as a frame, or the error of the line and, if it has a readable one, the id of the request. */
export type Decoded<Frame> =
  | { readonly ok: true; readonly frame: Frame }
  | {
      readonly ok: false
      readonly error: Refusal
      readonly id?: string | undefined
      /** The line is no JSON object at all. */
      readonly isForeign?: true
    }

/** Writes one frame as a line, with its line end. */
export function encodeFrame(frame: Request | ServerFrame | PlainChat): string {
  return `${JSON.stringify(frame)}\n`
}

/** A decoder for the frames of clients. `maxBytes` bounds a line. */
export function requestDecoder(maxBytes: number = MAX_REQUEST_BYTES): FrameDecoder<Request> {
  return new FrameDecoder<Request>(requestSchemas, maxBytes)
}

/** A decoder for the frames of servers to full clients. A frame that this version does not know is an `unknown_action`. */
export function serverFrameDecoder(): FrameDecoder<ServerFrame> {
  return new FrameDecoder<ServerFrame>(serverSchemas, MAX_RESPONSE_BYTES)
}

/**
 * The result in an `ok`, checked against the request that it answers. Undefined if the answer breaks the contract.
 */
export function readResult<Action extends keyof typeof results>(
  action: Action,
  ok: Ok,
): RequestResult<Action> | undefined {
  const parsed = results[action].safeParse(ok)
  return parsed.success ? (parsed.data as RequestResult<Action>) : undefined
}

/** Decodes frames from a stream of bytes, however it is split; never throws. Call {@link next} until it gives undefined after each {@link push}. */
export class FrameDecoder<Frame> {
  readonly #lines: LineCutter
  readonly #schemas: SchemaTable
  readonly #maxBytes: number

  /** @internal use {@link requestDecoder} or {@link serverFrameDecoder} */
  constructor(schemas: SchemaTable, maxBytes: number) {
    this.#lines = new LineCutter(maxBytes)
    this.#schemas = schemas
    this.#maxBytes = maxBytes
  }

  /** Adds bytes. They must not change until {@link next} has read them. */
  push(chunk: Buffer): void {
    this.#lines.push(chunk)
  }

  /** Whether the input so far ends in the middle of a line. */
  get hasHalfLine(): boolean {
    return this.#lines.hasHalfLine
  }

  /** The next frame or bad line; undefined when more bytes are needed. */
  next(): Decoded<Frame> | undefined {
    const line = this.#lines.next()
    if (line === undefined) return undefined
    if (line.kind === 'too-long') {
      const { error } = refuse(
        'frame_too_long',
        `a line is at most ${this.#maxBytes} bytes; split what you send`,
      )
      return { ok: false, error, isForeign: true }
    }
    return this.#decode(line.bytes)
  }

  #decode(bytes: Buffer): Decoded<Frame> {
    if (!isUtf8(bytes)) return { ...badFrame('this line is not UTF-8'), isForeign: true }
    const text = bytes.toString('utf8')
    const value = parseObject(text)
    if (typeof value === 'string') return { ...badFrame(value, HTTP_REQUEST.test(text)), isForeign: true }
    // Valid UTF-8 can still contain half a surrogate pair, as an escape.
    if (SURROGATE_ESCAPE.test(text) && !isWellFormed(value))
      return { ...badFrame('this line holds half a surrogate pair (\\ud800 to \\udfff)'), id: idOf(value) }
    const action = value['action']
    if (typeof action !== 'string')
      return { ...badFrame('"action" is missing; say {"action":"connect",…} first'), id: idOf(value) }
    const schema = this.#schemas.of(action)
    if (schema === undefined)
      return { ...refuse('unknown_action', `there is no action ${quote(action)} here`), id: idOf(value) }
    const parsed = schema.safeParse(value)
    if (!parsed.success)
      return { ...badFrame(`${quote(action)}: ${firstIssue(parsed.error)}`), id: idOf(value) }
    // The table holds exactly the members of the union that Frame was inferred from.
    return { ok: true, frame: parsed.data as Frame }
  }
}

/** The id of a bad line, if it has a readable one; its error carries the id. */
function idOf(value: Record<string, unknown>): string | undefined {
  return requestId.safeParse(value['id']).data
}

// A web page can make a browser post lines to this port; a request line of HTTP shows that and ends the connection.
const HTTP_REQUEST = /^[A-Z]{3,10} \S+ HTTP\/\d/

function badFrame(message: string, fatal = false): { ok: false; error: Refusal } {
  return refuse('bad_frame', message, fatal ? { fatal } : {})
}

/** The object in a line, or an error sentence. */
function parseObject(text: string): Record<string, unknown> | string {
  if (text.charCodeAt(0) === 0xfeff) return 'this line begins with a byte order mark; send UTF-8 without it'
  // JSON.parse accepts millions of brackets and takes seconds for them, so the depth is checked before.
  if (nestsTooDeep(text)) return `this line nests deeper than ${MAX_NESTING}`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'this line is not JSON; send one JSON object a line'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'this line is not a JSON object'
  return value as Record<string, unknown>
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member))
}

function nestsTooDeep(text: string): boolean {
  // Nearly every frame is one flat object, whose one bracket is found at once.
  if (text.indexOf('{', 1) === -1 && text.indexOf('[') === -1) return false
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (inString) {
      if (unit === 0x5c) i++
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > MAX_NESTING) return true
    } else if (unit === 0x7d || unit === 0x5d) depth--
  }
  return false
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40).toWellFormed()}…` : text)
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  if (issue === undefined) return 'not as the protocol says'
  const path = issue.path.join('.')
  return `"${path}": ${issue.message.replace(/^Invalid input: /, '')}`
}

/** The schemas of one direction by action. Each is compiled at its first use: compiling all would slow the start. */
class SchemaTable {
  readonly #schemas: ReadonlyMap<string, z.ZodType>
  readonly #compiled = new Map<string, z.ZodType>()

  constructor(schemas: Iterable<readonly [string, z.ZodType]>) {
    this.#schemas = new Map(schemas)
  }

  of(action: string): z.ZodType | undefined {
    const known = this.#compiled.get(action)
    if (known !== undefined) return known
    const schema = this.#schemas.get(action)
    if (schema === undefined) return undefined
    const compiled = z.compile(schema)
    this.#compiled.set(action, compiled)
    return compiled
  }
}

const requestSchemas = new SchemaTable(Object.entries(requests))
const serverSchemas = new SchemaTable(
  serverFrame.options.map(option => [option.shape.action.value, option] as const),
)
