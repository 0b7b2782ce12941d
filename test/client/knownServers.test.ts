import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KnownServers } from '../../src/client/knownServers.ts'
import { temporaryDirectory } from '../server/directory.ts'

const KEY = `SHA256:${'a'.repeat(43)}`
const OTHER = `SHA256:${'b'.repeat(43)}`
const H = { server: 'h:9011', key: KEY, since: '2026-11-26' }

function fileWith(text?: string): KnownServers {
  const path = join(temporaryDirectory(), 'data', 'known_servers')
  if (text !== undefined) {
    mkdirSync(join(path, '..'))
    writeFileSync(path, text)
  }
  return new KnownServers(path)
}

describe('the file of known servers', () => {
  test('has a readable line for each server, for its owner alone', () => {
    const known = fileWith()
    expect(known.read('h:9011')).toEqual({ ok: true, value: [] })
    expect(known.keep(H, undefined)).toEqual({ ok: true, value: H })
    known.keep({ server: '[::1]:9012', key: 'CA', since: '2026-11-27' }, undefined)
    expect(readFileSync(known.path, 'utf8')).toBe(`h:9011 ${KEY} 2026-11-26\n[::1]:9012 CA 2026-11-27\n`)
    expect(statSync(known.path).mode & 0o777).toBe(0o600)
  })

  test('keeps what people wrote into it', () => {
    const known = fileWith(`# the team's server\n\nH:9011   ${KEY}\r\n other:1 ${OTHER} 2026-01-01`)
    expect(known.read('x:1')).toMatchObject({
      ok: true,
      value: [{ server: 'h:9011' }, { server: 'other:1' }],
    })
    known.keep({ ...H, key: OTHER }, { server: 'h:9011', key: KEY })
    const text = readFileSync(known.path, 'utf8')
    expect(text).toContain("# the team's server")
    expect(text).toContain(`other:1 ${OTHER} 2026-01-01`)
    expect(text).not.toContain(KEY)
  })

  test.each([
    ['a key that is cut off', `h:9011 SHA256:abc 2026-11-26`, false],
    ['half a line', 'h:90', false],
    ['a bare name', 'h:9011', false],
    ['rubbish', '\u0000\ufffd\u0001 x', false],
    ['damage about another server', 'other:9011 SHA256:abc', true],
  ])('%s: %j', (_, line, isFine) => {
    const known = fileWith(`a:1 ${KEY}\n${line}\n`)
    const read = known.read('h:9011')
    if (isFine) expect(read).toMatchObject({ ok: true })
    else expect(read).toMatchObject({ ok: false, error: expect.stringMatching(/^line 2 of .* is damaged/) })
    // Damage is never written over.
    if (!isFine) expect(known.keep(H, undefined)).toMatchObject({ ok: false })
    expect(readFileSync(known.path, 'utf8')).toContain(line)
  })

  test('where it cannot be read, it is a sentence', () => {
    const known = fileWith()
    mkdirSync(known.path, { recursive: true })
    expect(known.read('h:9011')).toMatchObject({
      ok: false,
      error: expect.stringContaining('nothing was sent'),
    })
  })

  test('where it cannot be written, it is a sentence', () => {
    const known = new KnownServers('/proc/self/known_servers')
    expect(known.keep(H, undefined)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^the key of h:9011 cannot be kept/),
    })
  })

  test('of two clients that pin at once, the second learns what the first kept', () => {
    const known = fileWith()
    expect(known.keep(H, undefined)).toMatchObject({ value: H })
    expect(known.keep({ ...H, key: OTHER }, undefined)).toMatchObject({ ok: true, value: { key: KEY } })
    expect(readFileSync(known.path, 'utf8')).not.toContain(OTHER)
  })

  test('many programs that pin at once lose no line', async () => {
    const { path } = fileWith('')
    const writer = `
      const { KnownServers } = await import(process.argv[1])
      const known = new KnownServers(process.argv[2])
      for (let i = 0; i < 10; i++) {
        const kept = known.keep({ server: process.argv[3] + i + ':1', key: process.argv[4] }, undefined)
        if (!kept.ok) throw new Error(kept.error)
      }`
    const module = join(import.meta.dirname, '../../src/client/knownServers.ts')
    const codes = ['a', 'b', 'c', 'd'].map(name => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', writer, module, path, name, KEY], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      return new Promise(resolve => child.on('close', resolve))
    })
    expect(await Promise.all(codes)).toEqual([0, 0, 0, 0])
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(40)
    expect(existsSync(`${path}.new`)).toBe(false)
  }, 30_000)
})
