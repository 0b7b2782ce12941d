import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findDirectories, makePrivateDirectory, systemReason } from '../../../src/tui/profile/directories.ts'
import { temporaryDirectory } from '../directory.ts'

describe('directories follow the XDG base directory specification', () => {
  test('XDG_STATE_HOME, XDG_DATA_HOME and XDG_CACHE_HOME', () => {
    expect(
      findDirectories({ XDG_STATE_HOME: '/s', XDG_DATA_HOME: '/d', XDG_CACHE_HOME: '/c', HOME: '/home/bob' }),
    ).toEqual({
      ok: true,
      value: { state: '/s/chat-tui', cache: '/c/chat-tui', data: '/d/chat-tui/chatd' },
    })
  })

  test.each([
    ['not set', {}],
    ['empty', { XDG_STATE_HOME: '', XDG_DATA_HOME: '' }],
    ['relative', { XDG_STATE_HOME: 'state', XDG_DATA_HOME: './data' }],
  ])('%s: below the home directory', (_, env) => {
    expect(findDirectories({ ...env, HOME: '/home/bob' })).toEqual({
      ok: true,
      value: {
        state: '/home/bob/.local/state/chat-tui',
        cache: '/home/bob/.cache/chat-tui',
        data: '/home/bob/.local/share/chat-tui/chatd',
      },
    })
  })
})

describe('a private directory', () => {
  test('is created with its parents, readable only by its owner', () => {
    const path = join(temporaryDirectory(), 'a', 'b')
    expect(makePrivateDirectory(path)).toEqual({ ok: true, value: path })
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    expect(makePrivateDirectory(path).ok).toBe(true)
  })

  test('a file in its path is an error sentence', () => {
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    expect(makePrivateDirectory(join(file, 'below'))).toEqual({
      ok: false,
      error: `cannot write to the directory ${file}/below: not a directory; change its owner, or set XDG_STATE_HOME and XDG_DATA_HOME`,
    })
  })
})

test.each([
  ["EACCES: permission denied, mkdir '/x, y'", 'permission denied'],
  ['ENOSPC: no space left on device, write', 'no space left on device'],
  ['something else', 'something else'],
])('"%s" is told as "%s"', (message, reason) => {
  expect(systemReason(new Error(message))).toBe(reason)
})
