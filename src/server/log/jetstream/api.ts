import type { Msg, NatsConnection } from '@nats-io/transport-node'

/** How long an answer of the JetStream API is waited for, ms. Requests right after the start of a broker are lost. */
const API_TIMEOUT = 1_000

/** JetStream has refused a request. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The number of the error, as nats-server's list of errors has it. */
  readonly code: number

  constructor(code: number, description: string) {
    super(description)
    this.code = code
  }
}

/** Numbers of errors of the JetStream API. */
export const STREAM_NOT_FOUND = 10_059
const NO_MESSAGE = 10_037
const SEQUENCE_NOT_FOUND = 10_043

/** Whether an error says that there is no such message. */
export function isNoMessage(error: unknown): boolean {
  return error instanceof ApiError && (error.code === NO_MESSAGE || error.code === SEQUENCE_NOT_FOUND)
}

/** The facts of a stream that chatd uses. */
export interface StreamInfo {
  readonly created: string
  readonly config: Readonly<Record<string, unknown>> & {
    readonly num_replicas: number
    readonly metadata?: Readonly<Record<string, string>>
  }
  readonly state: {
    readonly first_seq: number
    readonly last_seq: number
    readonly messages: number
    readonly bytes: number
    /** When its newest message came. */
    readonly last_ts?: string
  }
  readonly cluster?: {
    readonly leader?: string
    readonly replicas?: readonly { readonly name: string; readonly current: boolean; readonly lag?: number }[]
  }
}

/** The answer of JetStream to a published message. */
export interface PublishAnswer {
  readonly seq: number
  readonly duplicate?: boolean
}

/** Asks the JetStream API. Rejects with {@link ApiError} where it refuses, with another error where nothing answers. */
export async function askApi<T>(
  connection: NatsConnection,
  method: string,
  request: object = {},
  timeout = API_TIMEOUT,
): Promise<T> {
  const answer = await connection.request(`$JS.API.${method}`, JSON.stringify(request), { timeout })
  return apiAnswer<T>(answer)
}

/** What a message says that answers a request of the API, or a published message. */
export function apiAnswer<T>(message: Msg): T {
  const answer = JSON.parse(message.string()) as T & {
    readonly error?: { readonly err_code?: number; readonly description?: string }
  }
  if (answer.error === undefined) return answer
  throw new ApiError(answer.error.err_code ?? 0, answer.error.description ?? 'JetStream refused the request')
}
