/** A call as the terminal gets it: the bell, and a notification of the desktop. */

import type { DesktopWay } from '../model/settings.ts'
import type { CleanText } from '../text/clean.ts'

/** What calls the user. */
export type CallText = {
  readonly title: CleanText
  readonly body: CleanText
  readonly bell: boolean
  readonly desktop: DesktopWay
}

/** The way of a terminal; `off` where it is not known to have one: others would show the text. */
export function wayOf(env: NodeJS.ProcessEnv): Exclude<DesktopWay, 'auto'> {
  const term = env['TERM'] ?? ''
  const program = env['TERM_PROGRAM'] ?? ''
  if (/kitty/.test(term) || env['KITTY_WINDOW_ID'] !== undefined) return 'osc99'
  if (/^(iTerm\.app|WezTerm|ghostty|WarpTerminal)$/i.test(program) || /ghostty|wezterm/.test(term))
    return 'osc9'
  if (/^(foot|rxvt)/.test(term) || env['VTE_VERSION'] !== undefined) return 'osc777'
  return 'off'
}

/** The sequences. The texts hold no control characters: see `CleanText`. */
export function callSequences({ title, body, bell, desktop }: CallText, env: NodeJS.ProcessEnv): string {
  const way = desktop === 'auto' ? wayOf(env) : desktop
  return (bell ? '\x07' : '') + throughTmux(notification(way, title, body), env)
}

function notification(way: Exclude<DesktopWay, 'auto'>, title: CleanText, body: CleanText): string {
  switch (way) {
    case 'off':
      return ''
    case 'osc9':
      return `\x1b]9;${title}: ${body}\x07`
    case 'osc777':
      // A semicolon ends the title.
      return `\x1b]777;notify;${title.replaceAll(';', ',')};${body}\x07`
    case 'osc99':
      return kitty('d=0', 'title', title) + kitty('d=1', 'body', body)
  }
}

/** https://sw.kovidgoyal.net/kitty/desktop-notifications */
function kitty(done: string, part: string, text: CleanText): string {
  return `\x1b]99;i=chat-tui:${done}:e=1:p=${part};${Buffer.from(text).toString('base64')}\x1b\\`
}

/** tmux hands on what it is asked to, where `allow-passthrough` is on, and drops it otherwise. */
function throughTmux(sequences: string, env: NodeJS.ProcessEnv): string {
  if (sequences === '' || (env['TMUX'] ?? '') === '') return sequences
  return `\x1bPtmux;${sequences.replaceAll('\x1b', '\x1b\x1b')}\x1b\\`
}
