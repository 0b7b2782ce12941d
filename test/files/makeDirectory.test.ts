import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { makeDirectory } from '../../src/files/makeDirectory.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'make-directory-'))
  onTestFinished(() => rmSync(base, { recursive: true, force: true }))
})

describe('a directory and its parents', () => {
  test('are created, each with the mode', () => {
    const made = makeDirectory(join(base, 'a', 'b', 'c'), 0o700)
    expect(made).toEqual(['a', 'a/b', 'a/b/c'].map(level => join(base, level)))
    for (const level of ['a', 'a/b', 'a/b/c']) expect(statSync(join(base, level)).mode & 0o777).toBe(0o700)
  })

  test('that exist stay as they are, also behind a link', () => {
    mkdirSync(join(base, 'there'), { mode: 0o755 })
    symlinkSync('there', join(base, 'link'))
    expect(makeDirectory(join(base, 'there'), 0o700)).toEqual([])
    makeDirectory(join(base, 'link', 'below'), 0o700)
    expect(statSync(join(base, 'there')).mode & 0o777).toBe(0o755)
    expect(statSync(join(base, 'there', 'below')).isDirectory()).toBe(true)
    makeDirectory('/', 0o700)
  })
})

describe('what cannot be created fails at once, with the error of the system', () => {
  test.each([
    ['a file in the way', () => join(base, 'file', 'below'), 'ENOTDIR'],
    ['a file of that name', () => join(base, 'file'), 'EEXIST'],
    ['a link to nothing', () => join(base, 'dangling'), 'EEXIST'],
    ['below a link to nothing', () => join(base, 'dangling', 'below'), 'EEXIST'],
    ['a directory in which nothing can be created', () => '/proc/x', 'ENOENT'],
    ['several levels below one', () => '/proc/x/y/z', 'ENOENT'],
  ])('%s', (_, path, code) => {
    writeFileSync(join(base, 'file'), '')
    symlinkSync('nowhere', join(base, 'dangling'))
    expect(() => makeDirectory(path(), 0o700)).toThrow(expect.objectContaining({ code }))
  })
})
