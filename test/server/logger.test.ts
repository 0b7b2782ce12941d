import { spawn, spawnSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { LogSink } from '../../src/server/logSink.ts'

const LOGGER = new URL('../../src/server/logger.ts', import.meta.url).href

/** What a process writes that logs a line of each level, with the journal as its standard error or without. */
function logged(hasJournal: boolean): string[] {
  const program = `
    import { fstatSync } from 'node:fs'
    const { dev, ino } = fstatSync(2)
    const env = ${hasJournal} ? { JOURNAL_STREAM: dev + ':' + ino } : { JOURNAL_STREAM: '1:1' }
    const { createLogger } = await import(${JSON.stringify(LOGGER)})
    const logger = await createLogger('trace', env)
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

test('a pipe that nobody reads stops nothing; the lines that came before are there once it is read', async () => {
  const program = `
    const { createLogger } = await import(${JSON.stringify(LOGGER)})
    const logger = await createLogger('info', {})
    for (let n = 0; n < 20_000; n++) logger.info({ n, pad: 'x'.repeat(100) }, 'line')
    console.log('went on')
    setTimeout(() => logger.warn('the last'), 1_000)
    setTimeout(() => undefined, 1_500)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program])
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  // Nothing reads its standard error yet.
  await new Promise(resolve => child.stdout.once('data', resolve))
  let text = ''
  child.stderr.on('data', chunk => {
    text += String(chunk)
  })
  await new Promise(resolve => child.once('close', resolve))
  const lines = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { n?: number; msg: string; lines?: number })
  const held = lines.filter(({ msg }) => msg === 'line')
  expect(held.map(({ n }) => n)).toEqual(held.map((_, n) => n))
  const lost = lines.find(({ msg }) => msg.includes('were lost'))
  expect((lost?.lines ?? 0) + held.length).toBe(20_000)
  expect(lines.at(-1)?.msg).toBe('the last')
})

test('what finds no room is written in order, in pieces, as soon as there is some', async () => {
  let room = 10
  let written = ''
  const sink = new LogSink(
    lines => `lost ${lines}\n`,
    bytes => {
      const taken = bytes.subarray(0, room)
      room -= taken.length
      written += taken.toString()
      return taken.length
    },
  )
  sink.write('first line\n')
  sink.write('second\n')
  sink.write(`${'x'.repeat(300_000)}\n`)
  sink.write('third\n')
  expect(written).toBe('first line')
  room = 1_000
  await expect.poll(() => written).toBe('first line\nsecond\nthird\nlost 1\n')
})
