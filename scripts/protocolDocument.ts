import * as z from 'zod'
import { ERROR_CODES, ERRORS } from '../src/protocol/errors.ts'
import * as limits from '../src/protocol/limits.ts'
import { clientFrame, REQUEST_ACTIONS, requests, results } from '../src/protocol/requests.ts'
import { plainChat, serverFrame } from '../src/protocol/responses.ts'
import { REQUEST_EXAMPLES, SERVER_EXAMPLES } from './protocolExamples.ts'
import { LIMIT_MEANINGS, PROSE } from './protocolProse.ts'

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly oneOf?: readonly JsonSchema[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

/** docs/protocol.schema.json: every frame of both directions. */
export function protocolSchema(): string {
  const directions = [
    clientFrame.meta({ id: 'ClientFrame', description: 'A frame of a client.' }),
    serverFrame.meta({ id: 'ServerFrame', description: 'A frame to a full client.' }),
    plainChat.meta({ id: 'PlainFrame', description: 'A frame to a plain client, beside errors.' }),
  ] as const
  const schema = z.toJSONSchema(z.union(directions), { io: 'input' })
  const document = { title: 'The protocol of chatd: one line in either direction', ...schema }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** docs/protocol.md. */
export function protocolDocument(): string {
  return [
    PROSE.intro,
    '## Requests',
    PROSE.requests,
    ...REQUEST_ACTIONS.map(requestSection),
    '## Events',
    PROSE.events,
    ...serverSections(['chat', 'edit', 'delete', 'react', 'topic']),
    '## Gaps and signals',
    PROSE.signals,
    ...serverSections([
      'gap',
      'joined',
      'left',
      'presence',
      'typing',
      'read',
      'notify',
      'people',
      'notice',
      'bye',
    ]),
    '## Errors',
    PROSE.errors,
    errorTable(),
    '## Names',
    PROSE.names,
    '## Limits',
    PROSE.limits,
    limitTable(),
    '',
  ].join('\n\n')
}

function requestSection(action: keyof typeof requests): string {
  const schema = requests[action]
  const example = REQUEST_EXAMPLES[action]
  if (example === undefined) throw new Error(`no example of ${action}`)
  const result =
    action === 'connect' ? '' : fieldTable('result', z.toJSONSchema(results[action]) as JsonSchema)
  return [
    `### ${action}`,
    String(schema.meta()?.['description'] ?? ''),
    fieldTable('field', z.toJSONSchema(schema, { io: 'input' }) as JsonSchema),
    result,
    fence(example.request, example.answer),
  ]
    .filter(part => part !== '')
    .join('\n\n')
}

function serverSections(actions: readonly string[]): string[] {
  return actions.map(action => {
    const schema = serverFrame.options.find(option => option.shape.action.value === action)
    const example = SERVER_EXAMPLES.find(frame => 'action' in frame && frame.action === action)
    if (schema === undefined || example === undefined) throw new Error(`no schema or no example of ${action}`)
    const table = fieldTable('field', z.toJSONSchema(schema) as JsonSchema)
    return [`### ${action}`, String(schema.meta()?.['description'] ?? ''), table, fence(example)].join('\n\n')
  })
}

function fence(...frames: readonly object[]): string {
  return ['```json', ...frames.map(frame => JSON.stringify(frame)), '```'].join('\n')
}

function fieldTable(heading: string, schema: JsonSchema): string {
  // A schema with a name of its own is a reference to its definition.
  const { properties, required } = schema.$defs?.[schema.$ref?.split('/').at(-1) ?? ''] ?? schema
  const fields = Object.entries(properties ?? {}).filter(([name]) => name !== 'action')
  if (fields.length === 0) return ''
  const rows = fields.map(([name, field]) => {
    const mark = required?.includes(name) === true ? '' : '?'
    return `| \`${name}\`${mark} | ${typeOf(field, schema.$defs)} | ${(field.description ?? '').replaceAll('|', '\\|')} |`
  })
  return [`| ${heading} | type | |`, '|---|---|---|', ...rows].join('\n')
}

/** The type of a field in a few words, with its bounds; `inside` an object or array they are left out. */
function typeOf(field: JsonSchema, definitions: JsonSchema['$defs'], inside = false): string {
  const name = field.$ref?.split('/').at(-1)
  if (name !== undefined) return typeOf(definitions?.[name] ?? {}, definitions, inside)
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``
  if (field.enum !== undefined) return field.enum.map(value => `\`${JSON.stringify(value)}\``).join(', ')
  // The only union among the fields is that of the kinds of event.
  if (field.oneOf !== undefined) return 'event'
  if (field.type === 'array') return `array of ${typeOf(field.items ?? {}, definitions, true)}`
  if (field.type === 'object') return objectType(field, definitions)
  return inside ? String(field.type) : `${field.type}${bounds(field)}`
}

function objectType(
  { properties, required, additionalProperties }: JsonSchema,
  definitions: JsonSchema['$defs'],
): string {
  if (properties === undefined) {
    const value =
      typeof additionalProperties === 'object' ? typeOf(additionalProperties, definitions, true) : 'anything'
    return `object of ${value}`
  }
  const fields = Object.entries(properties).map(([name, field]) => {
    const mark = required?.includes(name) === true ? '' : '?'
    return `\`${name}\`${mark} ${typeOf(field, definitions, true)}`
  })
  return `{ ${fields.join(', ')} }`
}

function bounds({ type, minimum, maximum, maxLength }: JsonSchema): string {
  if (type === 'string') return maxLength === undefined ? '' : `, at most ${maxLength} characters`
  const least = minimum === undefined ? '' : ` ≥ ${minimum}`
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? least : `${least}, ≤ ${maximum}`
}

function errorTable(): string {
  const rows = ERROR_CODES.map(code => {
    const { fatal, retryable, meaning } = ERRORS[code]
    return `| \`${code}\` | ${fatal} | ${retryable ? 'yes' : 'no'} | ${meaning} |`
  })
  return ['| code | fatal | retry | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function limitTable(): string {
  const values: Readonly<Record<string, number>> = { ...limits }
  const rows = Object.entries(LIMIT_MEANINGS).map(([name, meaning]) => {
    const value = values[name]
    // A port is written without separators.
    const written = name === 'DEFAULT_PORT' ? value : value?.toLocaleString('en-US')
    return `| ${written} | ${meaning} | \`${name}\` |`
  })
  return ['| value | of what | in `chat-tui/protocol` |', '|---|---|---|', ...rows].join('\n')
}
