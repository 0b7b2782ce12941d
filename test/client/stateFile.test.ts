import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { OutboxEntry } from '../../src/client/outbox.ts'
import { fileName, type Login, StateFile } from '../../src/client/stateFile.ts'
import { STATE_STEPS } from '../../src/client/stateSchema.ts'
import { temporaryDirectory } from '../server/directory.ts'

const BOB: Login = { host: 'chat.example.org', port: 9011, username: 'bob' }

/** The state file, and the troubles that it reported. */
function open(directory: string, login: Login = BOB): { file: StateFile; troubles: string[] } {
  const troubles: string[] = []
  const file = new StateFile(directory, login, message => troubles.push(message))
  onTestFinished(() => file.close())
  return { file, troubles }
}

function entry(id: string, message = id): OutboxEntry {
  return {
    id,
    roomKey: 'dev',
    request: { action: 'chat', room: 'Dev', message, id },
    ts: 5,
    state: { status: 'waiting' },
  }
}

describe('the saved state of a name on a server', () => {
  test('is nothing at first', () => {
    const { file, troubles } = open(temporaryDirectory())
    expect(file.saved).toEqual({ rooms: [] })
    expect(file.adopt()).toEqual([])
    expect(file.composed().size).toBe(0)
    expect(troubles).toEqual([])
  })

  test('is there at the next start, and only its owner can read it', () => {
    const directory = temporaryDirectory()
    const { file } = open(directory)
    file.update({ session: 'secret' })
    file.update({ rooms: ['dev', '日本'], current: '日本' })
    file.keepComposed(new Map([['dev', { draft: 'half a', inputs: ['one', 'two'] }]]))
    file.keepComposed(new Map([['ops', { draft: '', inputs: ['three'] }]]))
    const again = open(directory).file
    expect(again.saved).toEqual({ session: 'secret', rooms: ['dev', '日本'], current: '日本' })
    expect(again.composed()).toEqual(
      new Map([
        ['dev', { draft: 'half a', inputs: ['one', 'two'] }],
        ['ops', { draft: '', inputs: ['three'] }],
      ]),
    )
    expect(statSync(file.path).mode & 0o777).toBe(0o600)
    again.keepComposed(new Map([['dev', { draft: '', inputs: ['two', 'four'] }]]))
    expect(file.composed().get('dev')).toEqual({ draft: '', inputs: ['one', 'two', 'four'] })
  })

  test('belongs to a name in any spelling, a host and a port', () => {
    const directory = temporaryDirectory()
    open(directory).file.update({ session: 'of bob' })
    const session = (other: Partial<Login>): string | undefined =>
      open(directory, { ...BOB, ...other }).file.saved.session
    expect(session({ username: 'BOB', host: 'Chat.Example.ORG' })).toBe('of bob')
    for (const other of [{ username: 'alice' }, { port: 9012 }, { host: 'example.org' }]) {
      expect(session(other)).toBeUndefined()
    }
  })
})

/** Another client of the same name and server, which writes what a script says and lives on until the test ends it. */
async function otherClient(directory: string, script: string): Promise<{ kill(): Promise<void> }> {
  const program = `
    import { StateFile } from ${JSON.stringify(new URL('../../src/client/stateFile.ts', import.meta.url).pathname)}
    const file = new StateFile(${JSON.stringify(directory)}, ${JSON.stringify(BOB)}, message => { throw new Error(message) })
    ${script}
    console.log('ready')
    setInterval(() => undefined, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  await once(child.stdout, 'data')
  return {
    async kill() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

describe('drafts and sent texts of two clients at once', () => {
  test('neither erases those of the other, and a draft is taken over once its client is gone', async () => {
    const directory = temporaryDirectory()
    const { file, troubles } = open(directory)
    file.composed()
    file.keepComposed(new Map([['dev', { draft: '', inputs: ['first'] }]]))
    const other = await otherClient(
      directory,
      `file.composed()
      file.keepComposed(new Map([['dev', { draft: 'a long draft', answers: { id: 'x', seq: 7 }, inputs: ['first', 'theirs'] }]]))`,
    )
    file.keepComposed(new Map([['dev', { draft: '', inputs: ['first', 'ours'] }]]))
    expect(file.composed().get('dev')).toEqual({ draft: '', inputs: ['first', 'theirs', 'ours'] })
    await other.kill()
    expect(open(directory).file.composed().get('dev')).toEqual({
      draft: 'a long draft',
      answers: { id: 'x', seq: 7 },
      inputs: ['first', 'theirs', 'ours'],
    })
    expect(troubles).toEqual([])
  })

  test('of several drafts that are left behind, the newest is the draft, and Up brings the others back', async () => {
    const directory = temporaryDirectory()
    for (const draft of ['older', 'newer']) {
      const script = `file.keepComposed(new Map([['dev', { draft: '${draft}', inputs: [] }]]))`
      await (await otherClient(directory, script)).kill()
    }
    expect(open(directory).file.composed().get('dev')).toEqual({ draft: 'newer', inputs: ['older'] })
  })

  test('the newest 200 sent texts of a room are kept', () => {
    const { file } = open(temporaryDirectory())
    const inputs = Array.from({ length: 250 }, (_, n) => `text ${n}`)
    for (let n = 1; n <= 250; n += 50)
      file.keepComposed(new Map([['dev', { draft: '', inputs: inputs.slice(Math.max(0, n - 150), n) }]]))
    file.keepComposed(new Map([['dev', { draft: '', inputs: inputs.slice(50) }]]))
    expect(file.composed().get('dev')?.inputs).toEqual(inputs.slice(50))
  })
})

test('a file of the first version keeps its drafts and sent texts', () => {
  const directory = temporaryDirectory()
  const database = new DatabaseSync(join(directory, `${fileName(BOB)}.db`))
  database.exec(`${STATE_STEPS[0]}; PRAGMA user_version = 1;
    INSERT INTO drafts VALUES ('dev', 'half a');
    INSERT INTO inputs VALUES ('dev', 0, 'one'), ('dev', 1, 'two')`)
  database.close()
  expect(open(directory).file.composed()).toEqual(
    new Map([['dev', { draft: 'half a', inputs: ['one', 'two'] }]]),
  )
})

test('leaves are kept until they are forgotten', () => {
  const directory = temporaryDirectory()
  const { file } = open(directory)
  file.keepLeave('dev', 'Dev')
  file.keepLeave('ops', 'ops')
  file.forgetLeave('ops')
  expect(open(directory).file.leaves()).toEqual(new Map([['dev', 'Dev']]))
})

describe('unsent messages', () => {
  test('are taken over in order by the next program, with failures and their reasons', async () => {
    const directory = temporaryDirectory()
    const script = `
      import { StateFile } from ${JSON.stringify(new URL('../../src/client/stateFile.ts', import.meta.url).pathname)}
      const file = new StateFile(${JSON.stringify(directory)}, ${JSON.stringify(BOB)}, message => { throw new Error(message) })
      const entry = (id, state = { status: 'waiting' }) =>
        ({ id, roomKey: 'dev', request: { action: 'chat', room: 'Dev', message: id, id }, ts: 5, state })
      for (const id of ['a', 'b', 'c', 'd']) file.put(entry(id))
      file.put(entry('b', { status: 'failed', code: 'forbidden', message: 'no' }))
      file.remove('c')
      console.log('ready')
      setInterval(() => undefined, 1000)
    `
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => {
      other.kill('SIGKILL')
    })
    await once(other.stdout, 'data')
    const { file, troubles } = open(directory)
    // The other program lives: what it has in hand is its own.
    expect(file.adopt()).toEqual([])
    expect(file.put(entry('mine'))).toBe(true)
    const gone = once(other, 'exit')
    other.kill('SIGKILL')
    await gone
    expect(file.adopt()).toEqual([
      entry('a'),
      { ...entry('b'), state: { status: 'failed', code: 'forbidden', message: 'no' } },
      entry('d'),
      entry('mine'),
    ])
    file.replace('b', entry('b2', 'again'))
    expect(open(directory).file.adopt()[1]).toEqual(entry('b2', 'again'))
    expect(troubles).toEqual([])
  })
})

describe('a file that cannot be used', () => {
  test('damaged: it is renamed, and a new one is created', () => {
    const directory = temporaryDirectory()
    const path = join(directory, `${fileName(BOB)}.db`)
    const damaged = 'no database at all, '.repeat(300)
    writeFileSync(path, damaged)
    const { file, troubles } = open(directory)
    expect(troubles).toEqual([expect.stringMatching(/is damaged and was put aside as .*\.damaged/)])
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(damaged)
    file.update({ session: 'new' })
    expect(open(directory).file.saved.session).toBe('new')
  })

  test('damaged further inside: likewise', () => {
    const directory = temporaryDirectory()
    const { file } = open(directory)
    file.update({ session: 'old' })
    file.close()
    const bytes = readFileSync(file.path)
    writeFileSync(file.path, bytes.fill(0xaa, 4096))
    const { file: fresh, troubles } = open(directory)
    expect(troubles).toEqual([expect.stringMatching(/is damaged and was put aside as .*\.damaged/)])
    fresh.update({ session: 'new' })
    expect(open(directory).file.saved.session).toBe('new')
  })

  test.each([
    ['read', (file: StateFile) => file.saved],
    ['write', (file: StateFile) => file.update({ session: 'newest' })],
  ])('damaged while it is open, found by a %s: likewise', (_, use) => {
    const directory = temporaryDirectory()
    const { file, troubles } = open(directory)
    file.update({ session: 'old', rooms: Array.from({ length: 2_000 }, (_, n) => `room ${n}`) })
    // Another program truncates and overwrites the file: the next access meets the damage.
    const bytes = readFileSync(file.path)
    const other = open(directory).file
    other.update({ current: 'room 1' })
    other.close()
    writeFileSync(file.path, Buffer.alloc(bytes.length, 0xaa))
    writeFileSync(`${file.path}-wal`, '')
    use(file)
    use(file)
    expect(troubles).toEqual([expect.stringMatching(/is damaged and was put aside as .*\.damaged/)])
    file.update({ session: 'new' })
    expect(open(directory).file.saved.session).toBe('new')
  })

  test('of a newer version: it stays as it is, and the user learns that nothing is kept', () => {
    const directory = temporaryDirectory()
    const { file } = open(directory)
    file.update({ session: 'kept' })
    const database = new DatabaseSync(file.path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    const newer = open(directory)
    expect(newer.troubles).toEqual([expect.stringMatching(/newer chat-tui; .* not kept/)])
    expect(newer.file.put(entry('a'))).toBe(false)
    newer.file.update({ session: 'other' })
    expect(file.saved.session).toBe('kept')
  })

  test('a directory that cannot be written: one report, and nothing fails', () => {
    const directory = join(temporaryDirectory(), 'nowhere')
    const { file, troubles } = open(directory)
    expect(file.put(entry('a'))).toBe(false)
    file.update({ rooms: ['dev'] })
    file.keepComposed(new Map([['dev', { draft: 'x', inputs: [] }]]))
    expect(file.saved).toEqual({ rooms: [] })
    expect(troubles).toEqual([expect.stringMatching(/cannot use .*; what you send .* is not kept/)])
    expect(existsSync(directory)).toBe(false)
  })

  test('locked by another program: the screen does not wait at each write, and what was written meanwhile is not lost', async () => {
    const directory = temporaryDirectory()
    const { file, troubles } = open(directory)
    file.put(entry('before'))
    file.keepLeave('ops', 'Ops')
    const locking = new DatabaseSync(file.path)
    onTestFinished(() => locking.close())
    locking.exec('BEGIN IMMEDIATE')
    // Each of these waiting for the lock would outlast the test.
    for (let at = 0; at < 60; at++) expect(file.put(entry(`message ${at}`))).toBe(false)
    file.remove('before')
    file.forgetLeave('ops')
    file.keepLeave('dev', 'Dev')
    expect(troubles).toEqual([expect.stringMatching(/cannot write/)])
    const { troubles: later, file: second } = open(directory)
    expect([later, second.leaves()]).toEqual([[], new Map([['ops', 'Ops']])])
    locking.exec('ROLLBACK')
    await vi.waitFor(() => expect(second.leaves()).toEqual(new Map([['dev', 'Dev']])), 4_000)
    const ids = locking.prepare('SELECT id FROM outbox ORDER BY place').all()
    expect(ids.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, at) => `message ${at}`))
  })

  test('entries that could not be kept are kept once that is possible, in order, with the next one at the latest', () => {
    const directory = temporaryDirectory()
    const { file } = open(directory)
    const locking = new DatabaseSync(file.path)
    onTestFinished(() => locking.close())
    file.put(entry('a'))
    locking.exec('BEGIN IMMEDIATE')
    for (const id of ['b', 'c', 'd']) file.put(entry(id))
    file.remove('c')
    locking.exec('ROLLBACK')
    file.put(entry('e'))
    const kept = locking.prepare('SELECT id FROM outbox ORDER BY place').all()
    expect(kept.map(({ id }) => id)).toEqual(['a', 'b', 'd', 'e'])
  })

  test('what found the file locked is written at the end at the latest', () => {
    const directory = temporaryDirectory()
    const { file } = open(directory)
    const locking = new DatabaseSync(file.path)
    onTestFinished(() => locking.close())
    locking.exec('BEGIN IMMEDIATE')
    file.put(entry('a'))
    locking.exec('ROLLBACK')
    file.close()
    expect(locking.prepare('SELECT id FROM outbox').all()).toEqual([{ id: 'a' }])
  })

  test('a file that was open to others is not any more', () => {
    const directory = temporaryDirectory()
    const { file } = open(directory)
    chmodSync(file.path, 0o644)
    open(directory)
    expect(statSync(file.path).mode & 0o777).toBe(0o600)
  })
})

test('no host and no name leads out of the directory, and no two are one', () => {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'in'))
  const login = fc.record({
    host: fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('..', '../../etc/passwd', '/', 'a_1'),
    ),
    port: fc.integer({ min: 1, max: 65535 }),
    username: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/),
  })
  fc.assert(
    fc.property(login, someone => {
      const path = relative(join(directory, 'in'), join(directory, 'in', fileName(someone)))
      expect(path).not.toMatch(/[/\0]|^\.\.$/)
      expect(Buffer.byteLength(path)).toBeLessThanOrEqual(200)
    }),
  )
  expect(fileName({ host: 'a_1', port: 1, username: 'b' })).not.toBe(
    fileName({ host: 'a', port: 1, username: '1_b' }),
  )
})
