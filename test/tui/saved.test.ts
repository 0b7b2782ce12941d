import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Identity, SavedFile } from '../../src/tui/saved.ts'
import { temporaryDirectory } from './directory.ts'

const BOB: Identity = { host: 'chat.example.org', port: 9011, username: 'bob' }

/** What is remembered, and the troubles that were told. */
function open(state: string, identity: Identity = BOB): { file: SavedFile; troubles: string[] } {
  const troubles: string[] = []
  return { file: new SavedFile(state, identity, message => troubles.push(message)), troubles }
}

describe('what is remembered', () => {
  test('is nothing at first, and writes nothing', () => {
    const { file, troubles } = open(temporaryDirectory())
    expect(file.saved).toEqual({ rooms: [] })
    expect(existsSync(file.path)).toBe(false)
    expect(troubles).toEqual([])
  })

  test('is there next time, and nobody else can read it', () => {
    const state = temporaryDirectory()
    const { file } = open(state)
    file.update({ session: 'secret' })
    file.update({ rooms: ['dev', '日本'], current: '日本' })
    expect(open(state).file.saved).toEqual({ session: 'secret', rooms: ['dev', '日本'], current: '日本' })
    expect(statSync(file.path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(file.path)).mode & 0o777).toBe(0o700)
    // Nothing is left of how it was written.
    expect(readdirSync(dirname(file.path))).toHaveLength(1)
  })

  test('is by name, whatever its spelling, host and port', () => {
    const state = temporaryDirectory()
    open(state).file.update({ session: 'of bob' })
    expect(open(state, { ...BOB, username: 'BOB', host: 'Chat.Example.ORG' }).file.saved.session).toBe(
      'of bob',
    )
    for (const other of [{ username: 'alice' }, { port: 9012 }, { host: 'example.org' }]) {
      expect(open(state, { ...BOB, ...other }).file.saved.session).toBeUndefined()
    }
  })

  test('a file that was open to others is not any more', () => {
    const state = temporaryDirectory()
    const { file } = open(state)
    file.update({ session: 'secret' })
    chmodSync(file.path, 0o644)
    file.update({ session: 'other' })
    expect(statSync(file.path).mode & 0o777).toBe(0o600)
  })

  test('several at once never mix: each file that is seen is whole', () => {
    const state = temporaryDirectory()
    const [one, two] = [open(state).file, open(state).file]
    for (let round = 0; round < 20; round++) {
      one.update({ session: 'one', rooms: Array.from({ length: 500 }, (_, n) => `one-${round}-${n}`) })
      two.update({ session: 'two', rooms: [`two-${round}`] })
      const seen = open(state)
      expect(seen.troubles).toEqual([])
      expect(seen.file.saved).toEqual({ session: 'two', rooms: [`two-${round}`] })
    }
  })
})

test('no host and no name leads out of the directory, and no two are one', () => {
  const state = temporaryDirectory()
  const identity = fc.record({
    host: fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('..', '../../etc/passwd', '/', 'a_1'),
    ),
    port: fc.integer({ min: 1, max: 65535 }),
    username: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/),
  })
  fc.assert(
    fc.property(identity, someone => {
      const path = relative(join(state, 'sessions'), open(state, someone).file.path)
      expect(path).not.toMatch(/[/\0]|^\.\.$/)
      expect(Buffer.byteLength(path)).toBeLessThanOrEqual(255)
    }),
  )
  const path = (host: string, username: string): string => open(state, { host, port: 1, username }).file.path
  expect(path('a_1', 'b')).not.toBe(path('a', '1_b'))
})

describe('a file that is damaged', () => {
  test.each([
    ['no JSON', '{"session":"se'],
    ['JSON of another shape', '{"session":5,"rooms":"dev"}'],
    ['empty', ''],
    ['far too large', 'x'.repeat(2 * 1024 * 1024)],
  ])('%s: is put aside and told, and all begins afresh', (_, text) => {
    const state = temporaryDirectory()
    const { path } = open(state).file
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    const { file, troubles } = open(state)
    expect(file.saved).toEqual({ rooms: [] })
    expect(troubles).toEqual([
      `what was remembered is damaged and was put aside as ${path}.damaged; starting afresh`,
    ])
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(text)
    file.update({ session: 'new' })
    expect(open(state).file.saved.session).toBe('new')
  })

  test('a directory where the file should be is told, once for reading and once for writing', () => {
    const state = temporaryDirectory()
    const { path } = open(state).file
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'in the way'), '')
    const { file, troubles } = open(state)
    file.update({ session: 'one' })
    file.update({ session: 'two' })
    expect(file.saved.session).toBe('two')
    expect(troubles).toEqual([
      expect.stringContaining('cannot read'),
      expect.stringMatching(/cannot write .*; rooms and session will not be remembered$/),
    ])
  })
})
