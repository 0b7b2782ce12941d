import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { protocolDocument, protocolSchema } from '../../scripts/protocolDocument.ts'
import { REQUEST_EXAMPLES, SERVER_EXAMPLES } from '../../scripts/protocolExamples.ts'
import { REQUEST_ACTIONS, type RequestAction, requests, results } from '../../src/protocol/requests.ts'
import { serverFrame } from '../../src/protocol/responses.ts'

const committed = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('the generated documents', () => {
  test.each([
    ['protocol.md', protocolDocument],
    ['protocol.schema.json', protocolSchema],
  ])('docs/%s is fresh (else: npm run docs)', (name, generate) => {
    expect(committed(name)).toBe(generate())
  })

  test.each(REQUEST_ACTIONS)('the example of %s is what the schemas say', (action: RequestAction) => {
    const example = REQUEST_EXAMPLES[action]
    expect(requests[action].strict().safeParse(example?.request).error).toBeUndefined()
    expect(serverFrame.safeParse(example?.answer).error).toBeUndefined()
    if (action === 'connect') return
    const { action: _, id: __, ...result } = { action: '', id: '', ...example?.answer }
    expect(results[action].strict().safeParse(result).error).toBeUndefined()
  })

  test.each(SERVER_EXAMPLES)('the example %j is what the schemas say', example => {
    const frame: unknown = JSON.parse(JSON.stringify(example))
    expect(serverFrame.safeParse(frame).data).toEqual(frame)
  })

  test('the schema names every frame', () => {
    const { $defs } = JSON.parse(committed('protocol.schema.json')) as { $defs: Record<string, unknown> }
    expect(Object.keys($defs)).toEqual(
      expect.arrayContaining(['ClientFrame', 'ServerFrame', 'PlainFrame', 'ChatEvent', 'JoinroomRequest']),
    )
  })
})
