/** Copies texts out of the terminal. */

import { spawn } from 'node:child_process'

/** Terminals take no longer ones: xterm stops at 100,000 bytes of Base64. */
const MOST_BYTES = 74_000

/** Where a copied text went. `tmux`: also into its paste buffer. `tooLong`: nowhere. */
export type Copied = 'terminal' | 'tmux' | 'tooLong'

/**
 * Copies a text by OSC 52 to the clipboard of the machine that has the terminal, also through SSH. Terminals that do not know it,
 * or do not allow it, ignore it, and no answer tells which. tmux takes it from its own command alone.
 */
export function copyText(
  text: string,
  stdout: NodeJS.WritableStream,
  env: NodeJS.ProcessEnv = process.env,
): Copied {
  if (Buffer.byteLength(text) > MOST_BYTES) return 'tooLong'
  stdout.write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`)
  if ((env['TMUX'] ?? '') === '') return 'terminal'
  const tmux = spawn('tmux', ['load-buffer', '-w', '-'], { stdio: ['pipe', 'ignore', 'ignore'] })
  tmux.on('error', () => undefined)
  tmux.stdin.on('error', () => undefined)
  tmux.stdin.end(text)
  return 'tmux'
}
