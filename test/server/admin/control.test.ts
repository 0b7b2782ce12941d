import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { sendTask } from '../../../src/server/admin/control.ts'
import { controlSocket } from '../../../src/server/dataDirectory.ts'
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
