import * as z from 'zod'
import { requestId } from './events.ts'

const id = requestId.optional()

/** The schema of a request, with its `action` and its `id`. */
export function request<Action extends string, Shape extends z.ZodRawShape>(
  action: Action,
  shape: Shape,
  description: string,
) {
  return z
    .object({ action: z.literal(action), id, ...shape })
    .meta({ id: `${action[0]?.toUpperCase()}${action.slice(1)}Request`, description })
}
