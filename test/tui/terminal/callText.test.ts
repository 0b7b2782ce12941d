import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callSequences, wayOf } from '../../../src/tui/terminal/callText.ts'
import { cleanLine } from '../../../src/tui/text/clean.ts'
import { hostileText } from '../text/hostileText.ts'

const ESC = '\x1b'
const call = { title: cleanLine('bob in #dev'), body: cleanLine('hello; there'), bell: false } as const

test.each([
  [{ TERM: 'xterm-kitty' }, 'osc99'],
  [{ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, 'osc9'],
  [{ TERM: 'xterm-ghostty' }, 'osc9'],
  [{ TERM: 'foot' }, 'osc777'],
  [{ TERM: 'xterm-256color', VTE_VERSION: '7600' }, 'osc777'],
  [{ TERM: 'xterm-256color' }, 'off'],
  [{ TERM: 'linux' }, 'off'],
])('a terminal with %j is called by %s', (env, way) => {
  expect(wayOf(env)).toBe(way)
})

test('the bell, and each kind of notification', () => {
  const by = (desktop: 'osc9' | 'osc777' | 'osc99' | 'off', bell = false) =>
    callSequences({ ...call, desktop, bell }, {})
  expect(by('off', true)).toBe('\x07')
  expect(by('osc9')).toBe(`${ESC}]9;bob in #dev: hello; there\x07`)
  expect(by('osc777')).toBe(`${ESC}]777;notify;bob in #dev;hello; there\x07`)
  expect(by('osc99')).toBe(
    `${ESC}]99;i=chat-tui:d=0:e=1:p=title;Ym9iIGluICNkZXY=${ESC}\\${ESC}]99;i=chat-tui:d=1:e=1:p=body;aGVsbG87IHRoZXJl${ESC}\\`,
  )
})

test('tmux is asked to hand it on', () => {
  const through = callSequences({ ...call, desktop: 'osc9' }, { TMUX: '/tmp/x' })
  expect(through).toBe(`${ESC}Ptmux;${ESC}${ESC}]9;bob in #dev: hello; there\x07${ESC}\\`)
})

test('no text breaks out of its sequence', () => {
  fc.assert(
    fc.property(hostileText(), hostileText(), (title, body) => {
      const texts = { title: cleanLine(title), body: cleanLine(body), bell: false }
      expect(callSequences({ ...texts, desktop: 'osc777' }, {})).toMatch(
        /^\x1b\]777;notify;[^\0-\x1f\x7f-\x9f;]*;[^\0-\x1f\x7f-\x9f]*\x07$/,
      )
      expect(callSequences({ ...texts, desktop: 'osc9' }, {})).toMatch(/^\x1b\]9;[^\0-\x1f\x7f-\x9f]*\x07$/)
    }),
  )
})
