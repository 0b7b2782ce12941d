import type { Decoded } from '../../protocol/codec.ts'
import type { Request } from '../../protocol/requests.ts'

/** What the log may hold of a request: no text, no name, no secret. */
export function requestSummary(
  request: Decoded<Request> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (request === undefined) return undefined
  if (!request.ok) return { bad: request.error.code, id: request.id }
  return { action: request.frame.action, id: request.frame.id }
}
