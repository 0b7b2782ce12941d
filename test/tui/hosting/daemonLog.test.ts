import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DaemonLog } from '../../../src/tui/hosting/daemonLog.ts'
import { temporaryDirectory } from '../directory.ts'

const PORT = 9011

function open(state: string): DaemonLog {
  const opened = DaemonLog.open(state, PORT)
  if (!opened.ok) throw new Error(opened.error)
  onTestFinished(() => opened.value.close())
  return opened.value
}

test('is a private file in the state directory, which is created', () => {
  const state = join(temporaryDirectory(), 'state')
  const log = open(state)
  expect(log.path).toBe(join(state, 'chatd-9011.log'))
  expect(statSync(log.path).mode & 0o777).toBe(0o600)
  expect(statSync(state).mode & 0o777).toBe(0o700)
})

test('the last message is a sentence, from a structured or a plain line', () => {
  const log = open(temporaryDirectory())
  expect(log.lastMessage()).toBeUndefined()
  appendFileSync(log.path, '{"level":"info","msg":"stopping"}\n')
  expect(log.lastMessage()).toBe('stopping')
  appendFileSync(log.path, 'chatd: the port is taken\n\n')
  expect(log.lastMessage()).toBe('the port is taken')
})

test('lines of an older start do not count, also in a long log', () => {
  const state = temporaryDirectory()
  appendFileSync(open(state).path, `${'{"msg":"listening","pid":7}\n'.repeat(5_000)}`)
  const log = open(state)
  expect(log.lastMessage()).toBeUndefined()
  expect(log.hasListening(7)).toBe(false)
  appendFileSync(log.path, '{"msg":"listening","port":9011,"pid":8}\nchatd: another lost the race\n')
  expect(log.hasListening(8)).toBe(true)
  expect(log.hasListening(7)).toBe(false)
  expect(log.hasListening(undefined)).toBe(false)
})

test('a log that is too large is renamed, and only one old log is kept', () => {
  const state = temporaryDirectory()
  const path = join(state, 'chatd-9011.log')
  writeFileSync(path, 'a'.repeat(1024 * 1024 + 1))
  writeFileSync(`${path}.old`, 'older')
  open(state)
  expect(readFileSync(path, 'utf8')).toBe('')
  expect(statSync(`${path}.old`).size).toBe(1024 * 1024 + 1)
})

test('a log that cannot be written is an error sentence', () => {
  const state = temporaryDirectory()
  mkdirSync(join(state, 'chatd-9011.log'))
  expect(DaemonLog.open(state, PORT)).toEqual({
    ok: false,
    error: `cannot write the log ${state}/chatd-9011.log: illegal operation on a directory`,
  })
  expect(existsSync(join(state, 'chatd-9011.log.old'))).toBe(false)
})
