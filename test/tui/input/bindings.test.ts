import { describe, expect, test } from 'vitest'
import { ACTIONS, bind, helpSections, hint, keyTable, MODES } from '../../../src/tui/input/bindings.ts'
import { describeKey, keyName, parseKeyName } from '../../../src/tui/input/keyName.ts'
import { createKeyDecoder } from '../../../src/tui/input/keypress.ts'

/** What the last key in the bytes does, typed into a real decoder. */
function action(bytes: string, mode: keyof typeof MODES = 'main') {
  const decoder = createKeyDecoder()
  const event = [...decoder.push(bytes), ...decoder.flush()].at(-1)
  return event?.type === 'key' ? bind(event.key, MODES[mode]) : undefined
}

test('no key means two things in one state of the screen', () => {
  for (const contexts of Object.values(MODES)) {
    const keys = ACTIONS.filter(({ context }) => contexts.some(one => one === context)).flatMap(
      ({ keys }) => keys,
    )
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([])
  }
})

test('every context is listened to in some state', () => {
  const heard = new Set<string>(Object.values(MODES).flat())
  expect(ACTIONS.filter(({ context }) => !heard.has(context))).toEqual([])
})

test('no key that types something by itself is taken from the composer or the switcher', () => {
  for (const mode of ['main', 'switcher'] as const) {
    for (const char of 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 /?!@#-_\'"äß你')
      expect(action(char, mode), char).toBeUndefined()
  }
})

test('every notation in the registry is canonical', () => {
  for (const key of ACTIONS.flatMap(({ keys }) => keys)) expect(parseKeyName(key)).toBe(key)
})

describe('the keys that were promised, as terminals send them', () => {
  test.each([
    ['Enter', '\r', 'composer.send'],
    ['Alt+Enter', '\x1b\r', 'composer.newline'],
    ['Shift+Enter', '\x1b[13;2u', 'composer.newline'],
    ['Shift+Enter in xterm', '\x1b[27;2;13~', 'composer.newline'],
    ['Ctrl+J', '\n', 'composer.newline'],
    ['Ctrl+N', '\x0e', 'room.next'],
    ['Ctrl+P', '\x10', 'room.previous'],
    ['Alt+Down', '\x1b[1;3B', 'room.next'],
    ['Alt+Up', '\x1b[1;3A', 'room.previous'],
    ['Alt+Up in rxvt', '\x1b\x1b[A', 'room.previous'],
    ['Alt+1', '\x1b1', 'room.number'],
    ['Alt+9', '\x1b9', 'room.number'],
    ['Alt+A', '\x1ba', 'room.unread'],
    ['Ctrl+K', '\x0b', 'room.switcher'],
    ['PgUp', '\x1b[5~', 'scroll.pageUp'],
    ['PgDn', '\x1b[6~', 'scroll.pageDown'],
    ['Shift+Up', '\x1b[1;2A', 'scroll.lineUp'],
    ['Shift+Down', '\x1b[1;2B', 'scroll.lineDown'],
    ['Alt+Home', '\x1b[1;3H', 'scroll.top'],
    ['Alt+End', '\x1b[1;3F', 'scroll.bottom'],
    ['Up', '\x1b[A', 'composer.up'],
    ['Down', '\x1bOB', 'composer.down'],
    ['Tab', '\t', 'composer.complete'],
    ['Shift+Tab', '\x1b[Z', 'composer.completeBack'],
    ['F1', '\x1bOP', 'app.help'],
    ['Esc', '\x1b', 'app.escape'],
    ['Ctrl+C', '\x03', 'app.interrupt'],
    ['Ctrl+Z', '\x1a', 'app.suspend'],
    ['Ctrl+L', '\x0c', 'app.redraw'],
    ['Ctrl+A', '\x01', 'line.start'],
    ['Ctrl+E', '\x05', 'line.end'],
    ['Ctrl+B', '\x02', 'line.left'],
    ['Ctrl+F', '\x06', 'line.right'],
    ['Ctrl+D', '\x04', 'line.deleteForward'],
    ['Ctrl+H', '\x08', 'line.deleteBackward'],
    ['Ctrl+H in kitty', '\x1b[104;5u', 'line.deleteBackward'],
    ['Backspace', '\x7f', 'line.deleteBackward'],
    ['Ctrl+U', '\x15', 'line.killToStart'],
    ['Ctrl+W', '\x17', 'line.killBackToSpace'],
    ['Ctrl+Y', '\x19', 'line.yank'],
    ['Alt+B', '\x1bb', 'line.wordLeft'],
    ['Alt+F', '\x1bf', 'line.wordRight'],
    ['Alt+D', '\x1bd', 'line.killWordForward'],
    ['Alt+K', '\x1bk', 'line.killToEnd'],
    ['Alt+Backspace', '\x1b\x7f', 'line.killWordBackward'],
    ['Ctrl+Left', '\x1b[1;5D', 'line.wordLeft'],
    ['Ctrl+Right', '\x1b[1;5C', 'line.wordRight'],
    ['Ctrl+_', '\x1f', 'line.undo'],
    ['Ctrl+_ in kitty', '\x1b[45;6u', 'line.undo'],
  ])('%s', (_key, bytes, id) => {
    expect(action(bytes)).toBe(id)
  })
  test('and in the switcher and the help', () => {
    expect(action('\r', 'switcher')).toBe('switcher.open')
    expect(action('\x0e', 'switcher')).toBe('switcher.next')
    expect(action('\x17', 'switcher')).toBe('line.killBackToSpace')
    expect(action('\x1b', 'switcher')).toBe('app.escape')
    expect(action('\x1bOP', 'help')).toBe('app.help')
    expect(action(' ', 'help')).toBe('help.pageDown')
  })
})

describe('notation', () => {
  test.each([
    ['Ctrl+N', 'ctrl+n', 'Ctrl+N'],
    ['shift+alt+PageUp', 'alt+shift+pageup', 'Alt+Shift+PgUp'],
    [' f1 ', 'f1', 'F1'],
    ['ctrl++', 'ctrl++', 'Ctrl++'],
    ['+', '+', '+'],
    ['alt+ä', 'alt+ä', 'Alt+Ä'],
  ])('%s', (written, canonical, shown) => {
    expect(parseKeyName(written)).toBe(canonical)
    expect(describeKey(canonical)).toBe(shown)
    expect(parseKeyName(shown.replace('PgUp', 'PageUp'))).toBe(canonical)
  })
  test.each(['', 'ctrl+', 'ctrl+ctrl+a', 'hyper+a', 'f21', 'enterr', 'a+b', 'shift'])(
    '%j names no key',
    written => {
      expect(parseKeyName(written)).toBeUndefined()
    },
  )
  test('is what a pressed key is called', () => {
    expect(keyName({ name: 'up', ctrl: true, alt: false, shift: true })).toBe('ctrl+shift+up')
  })
})

test('help, hints and documentation say what the registry says', () => {
  const sections = helpSections()
  expect(sections.flatMap(({ rows }) => rows)).toHaveLength(ACTIONS.length)
  const rooms = sections.find(({ title }) => title === 'Rooms')
  expect(rooms?.rows[0]).toEqual(['Ctrl+N, Alt+Down', 'next room'])
  expect(hint('room.switcher')).toEqual({ key: 'Ctrl+K', label: 'go to' })
  expect(keyTable()).toContain('| Rooms | Ctrl+N, Alt+Down | next room |')
  expect(
    keyTable()
      .split('\n')
      .every(row => row === '' || row.split('|').length === 5),
  ).toBe(true)
})
