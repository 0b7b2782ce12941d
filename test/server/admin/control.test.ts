import { chmodSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { openControl, sendTask } from '../../../src/server/admin/control.ts'
import { controlSocket } from '../../../src/server/dataDirectory.ts'
import { findGroup } from '../../../src/server/systemGroup.ts'
import { temporaryDirectory } from '../directory.ts'

/** A program that answers a task in its own way. */
async function answering(answer: string): Promise<string> {
  const directory = temporaryDirectory()
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.write(answer))
  })
  await new Promise<void>(resolve => server.listen(controlSocket(directory), resolve))
  onTestFinished(() => {
    server.close()
  })
  return directory
}

test.each(['hello\n', '{"done":"yes"}\n', '[]\n', '{"line":7}\n', '\u0000\n', `${'x'.repeat(2_000_000)}\n`])(
  'an answer of another shape is a sentence, not a stack trace (%#)',
  async answer => {
    const directory = await answering(answer)
    const result = await sendTask(directory, { task: 'check' }, async () => true)
    expect(result).toMatchObject({ ok: false, error: { code: 'storage' } })
    expect(result?.ok === false ? result.error.message : '').toMatch(/use the chatd of its version/)
  },
)

test('without a daemon there is no answer', async () => {
  expect(await sendTask(temporaryDirectory(), { task: 'check' }, async () => true)).toBeUndefined()
})

const never = (): never => {
  throw new Error('this test sends no task')
}

/** The permissions of the control socket of a daemon, and what it logged. */
async function opened(directoryMode: number, group?: number): Promise<{ mode: number; logged: string }> {
  const directory = temporaryDirectory()
  chmodSync(directory, directoryMode)
  const lines: string[] = []
  const logger = pino({}, { write: line => void lines.push(line) })
  const context = {
    log: {} as never,
    sendAway: never,
    keyPair: never,
    accounts: never,
    config: undefined,
    status: never,
    live: never,
  }
  const control = await openControl(directory, context, logger, group)
  onTestFinished(() => control?.close())
  return { mode: statSync(controlSocket(directory)).mode & 0o777, logged: lines.join('') }
}

test('only a group that is given may open the socket, and chatd says where its members cannot reach it', async () => {
  const own = process.getgid?.() ?? 0
  expect(await opened(0o710)).toEqual({ mode: 0o600, logged: '' })
  expect(await opened(0o710, own)).toEqual({ mode: 0o660, logged: '' })
  expect(await opened(0o700, own)).toEqual({
    mode: 0o660,
    logged: expect.stringContaining(`chgrp ${own} `),
  })
})

test('a group goes by its name or its number', () => {
  const groups = 'root:x:0:\nchatd-admin:x:999:alice\nbroken\n'
  expect(findGroup('chatd-admin', groups)).toBe(999)
  expect(findGroup('1234', groups)).toBe(1234)
  for (const unknown of ['chatd', '', 'broken', '-1', '999999999999'])
    expect(findGroup(unknown, groups)).toBeUndefined()
})
