import { describe, expect, test } from 'vitest'
import { Journal, type JournalOptions } from '../../src/server/journal.ts'
import { keepLines, type LogLine } from './logLines.ts'

const ALICE = { number: 412, address: '192.0.2.7', name: 'alice' }

function journal(
  options?: JournalOptions,
  level?: string,
): { readonly told: Journal; readonly lines: LogLine[] } {
  const { logger, lines } = keepLines(level)
  return { told: new Journal(logger, options), lines }
}

describe('what a line holds', () => {
  const secrets = { session: 3, account: 2 }

  test('a connection has its number, address, program, seconds and bytes; by default no name', () => {
    const { told, lines } = journal()
    told.connect(ALICE, { client: 'chat-tui 0.1.0', ...secrets })
    told.disconnect(ALICE, { reason: 'slow', seconds: 1.5, bytesIn: 10, bytesOut: 2_000 })
    const common = { level: 'info', connection: 'c412', address: '192.0.2.7' }
    expect(lines).toMatchObject([
      { ...common, event: 'connect', client: 'chat-tui 0.1.0', session: 3, account: 2 },
      { ...common, event: 'disconnect', reason: 'slow', seconds: 1.5, bytesIn: 10, bytesOut: 2_000 },
    ])
    expect(JSON.stringify(lines)).not.toContain('alice')
  })

  test('the program of a client is text of its user: only a name and version of ours is told', () => {
    const { told, lines } = journal()
    for (const client of ['my secret', 'chat-tui 0.1.0 my secret', 'chat-tui x', undefined])
      told.connect(ALICE, { client, ...secrets })
    expect(lines.map(({ client }) => client)).toEqual(['other', 'other', 'other', 'plain'])
  })

  test('names can be switched on, and addresses off', () => {
    const { told, lines } = journal({ names: true, addresses: false })
    told.connect(ALICE, { client: 'bot\n\u001b[31m', ...secrets })
    expect(lines[0]).toMatchObject({ name: 'alice', client: 'bot [31m' })
    for (let i = 0; i < 70; i++) told.error(ALICE, i, { code: 'not_found', action: 'chat' })
    told.sweep(60_000)
    expect(lines.at(-1)).toMatchObject({ lines: 10 })
    expect(JSON.stringify(lines)).not.toContain('192.0.2.7')
  })

  test('a connection that never said who it is is for debugging', () => {
    const { told, lines } = journal()
    told.disconnect(
      { number: 1, address: '192.0.2.7' },
      { reason: 'closed', seconds: 0, bytesIn: 0, bytesOut: 0 },
    )
    expect(lines).toEqual([])
  })
})

describe('references', () => {
  test('name the connection and the number of its error; the log has one line with each', () => {
    const { told, lines } = journal()
    expect(told.error(ALICE, 7, { code: 'message_too_long', action: 'chat' })).toBe('c412-7')
    expect(told.refused(ALICE, 8, 'name_taken')).toBe('c412-8')
    expect(told.error(ALICE, 9, { code: 'rate_limited', action: 'joinroom' })).toBe('c412-9')
    expect(told.error(ALICE, 10, { code: 'rate_limited', action: 'joinroom' })).toBe('c412-10')
    for (const ref of ['c412-7', 'c412-8', 'c412-9', 'c412-10'])
      expect(lines.filter(line => line['ref'] === ref)).toHaveLength(1)
    expect(lines.map(({ event }) => event)).toEqual(['error', 'refused', 'limit', 'error'])
  })

  test('faults of the server have a higher level than those of clients', () => {
    const { told, lines } = journal()
    told.error(ALICE, 1, { code: 'not_found', action: 'chat' })
    told.error(ALICE, 2, { code: 'storage_unavailable', action: 'chat' })
    told.error(ALICE, 3, { code: 'internal', action: 'chat', cause: { err: new Error('why') } })
    expect(lines.map(({ level }) => level)).toEqual(['info', 'warn', 'error'])
  })

  test('are given only where the log has the line: not beyond the budget, and not below its level', () => {
    const { told, lines } = journal()
    const refs = Array.from({ length: 100 }, (_, n) =>
      told.error(ALICE, n + 1, { code: 'not_found', action: 'chat' }),
    )
    expect(refs.filter(ref => ref !== undefined)).toHaveLength(60)
    expect(lines).toHaveLength(60)
    // Another address, and another minute.
    expect(
      told.error({ ...ALICE, address: '192.0.2.8' }, 1, { code: 'not_found', action: 'chat' }),
    ).toBeDefined()
    told.sweep(60_000)
    expect(told.error(ALICE, 101, { code: 'not_found', action: 'chat' })).toBe('c412-101')
    expect(
      journal(undefined, 'warn').told.error(ALICE, 1, { code: 'not_found', action: 'chat' }),
    ).toBeUndefined()
  })

  test('of errors are left when a hundred connections came at once', () => {
    const { told } = journal()
    for (let i = 0; i < 200; i++)
      told.connect({ ...ALICE, number: i }, { client: undefined, session: undefined, account: undefined })
    expect(told.error(ALICE, 1, { code: 'not_found', action: 'chat' })).toBe('c412-1')
  })
})
