import { chmodSync, statSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { openControl, sendTask } from '../../../src/server/admin/control.ts'
import { controlSocket } from '../../../src/server/dataDirectory.ts'
import { findGroup } from '../../../src/server/systemGroup.ts'
import { temporaryDirectory } from '../directory.ts'
import { startOperated } from '../operator.ts'
import { eventually } from '../peer.ts'

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
    keyPair: never,
    accounts: never,
    config: undefined,
    status: never,
    live: never,
  }
  const control = await openControl(directory, context, logger, { group })
  onTestFinished(() => control?.close())
  return { mode: statSync(controlSocket(directory)).mode & 0o777, logged: lines.join('') }
}

/** Opens a socket to a daemon, and keeps what came. */
function caller(directory: string): { readonly socket: Socket; readonly came: () => string } {
  const socket = connect(controlSocket(directory))
  let came = ''
  socket.setEncoding('utf8').on('data', text => {
    came += String(text)
  })
  socket.on('error', () => undefined)
  onTestFinished(() => {
    socket.destroy()
  })
  return { socket, came: () => came }
}

test('sixteen commands run at once; the next is told so, and runs once one has ended', async () => {
  const { directory, run } = await startOperated()
  const callers = Array.from({ length: 16 }, () => caller(directory))
  await eventually(() => callers.every(({ socket }) => socket.readyState === 'open'))
  const task = { task: 'userList' } as const
  expect(await run(task)).toMatchObject({
    lines: [],
    result: {
      ok: false,
      error: { code: 'in_use', message: expect.stringMatching(/^16 commands run .* try again/) },
    },
  })
  callers[3]?.socket.destroy()
  await eventually(async () => (await run(task)).result?.ok === true)
  // Those that were there are served.
  const last = callers[15]
  last?.socket.write(`${JSON.stringify(task)}\n`)
  await eventually(() => last?.came().includes('{"done":true}') === true)
  await eventually(() => last?.socket.closed === true)
})

test('a caller that sends no task in time is dropped, also one that sends a part of it; a long answer takes its time', async () => {
  const { directory, log, run } = await startOperated({}, { taskWithin: 50 })
  for (const part of ['', '{"task":']) {
    const { socket, came } = caller(directory)
    socket.write(part)
    await eventually(() => socket.closed)
    expect(came()).toBe('')
  }
  const text = 'x'.repeat(10_000)
  const say = (i: number): Promise<unknown> =>
    new Promise(resolve =>
      log.append(
        {
          kind: 'event',
          roomKey: 'dev',
          roomName: 'dev',
          from: 'alice',
          body: { action: 'chat', message: `${i} ${text}` },
        },
        resolve,
      ),
    )
  await Promise.all(Array.from({ length: 200 }, (_, i) => say(i)))
  const slow = caller(directory)
  slow.socket.pause()
  slow.socket.write('{"task":"export","room":"dev"}\n')
  // Another caller is dropped meanwhile: the time has passed.
  const silent = caller(directory)
  await eventually(() => silent.socket.closed)
  slow.socket.resume()
  await eventually(() => slow.came().endsWith('{"done":true}\n'))
  expect(slow.came().trim().split('\n')).toHaveLength(201)
  expect((await run({ task: 'export', room: 'dev' })).lines).toHaveLength(200)
})

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
