import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const LOGGER = new URL('../../src/server/logger.ts', import.meta.url).href

/** What a process writes that logs a line of each level, with the journal as its standard error or without. */
function logged(hasJournal: boolean): string[] {
  const program = `
    import { fstatSync } from 'node:fs'
    const { dev, ino } = fstatSync(2)
    const env = ${hasJournal} ? { JOURNAL_STREAM: dev + ':' + ino } : { JOURNAL_STREAM: '1:1' }
    const { createLogger } = await import(${JSON.stringify(LOGGER)})
    const logger = createLogger('trace', env)
    for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace']) logger[level]({ err: new Error('why') }, level)
  `
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return stderr.trim().split('\n')
}

test('in the journal each line has the priority of its level', () => {
  expect(logged(true).map(line => line.slice(0, 3))).toEqual(['<2>', '<3>', '<4>', '<6>', '<7>', '<7>'])
})

test('elsewhere each line is one JSON object, with the whole error', () => {
  for (const line of logged(false)) {
    expect(JSON.parse(line)).toMatchObject({ err: { message: 'why', stack: expect.stringContaining('why') } })
  }
})
