/** Opens an address in the browser of the user. */

import { spawn } from 'node:child_process'
import type { LinkTarget } from '../text/links.ts'

/** Browsers that would draw on our terminal. */
const IN_TERMINAL = /(^|\/)(lynx|links2?|elinks|w3m|browsh|carbonyl)\b/
/** A program that is still running after this, ms, has found a browser. */
const STARTED_WITHIN_MS = 3_000

/**
 * The program that opens addresses, and its first arguments; undefined where there is none, as at the other end of an SSH
 * connection.
 */
export function browserOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): readonly string[] | undefined {
  const chosen = (env['BROWSER'] ?? '').split(':').find(one => one.trim() !== '')
  if (chosen !== undefined) return IN_TERMINAL.test(chosen) ? undefined : chosen.trim().split(/\s+/)
  if (isRemote(env)) return undefined
  if (platform === 'darwin') return ['open']
  if (env['WSL_DISTRO_NAME'] !== undefined) return ['wslview']
  return (env['DISPLAY'] ?? env['WAYLAND_DISPLAY'] ?? '') === '' ? undefined : ['xdg-open']
}

function isRemote(env: NodeJS.ProcessEnv): boolean {
  return env['SSH_CONNECTION'] !== undefined || env['SSH_TTY'] !== undefined
}

/** Resolves with whether a browser has taken the address. No shell sees it. */
export function openLink(target: LinkTarget, env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const [program, ...args] = browserOf(env, process.platform) ?? []
  if (program === undefined) return Promise.resolve(false)
  const given = args.includes('%s') ? args.map(arg => (arg === '%s' ? target : arg)) : [...args, target]
  return new Promise(resolve => {
    const child = spawn(program, given, { stdio: 'ignore', detached: true })
    const timer = setTimeout(() => resolve(true), STARTED_WITHIN_MS)
    child.once('error', () => {
      clearTimeout(timer)
      resolve(false)
    })
    child.once('exit', code => {
      clearTimeout(timer)
      resolve(code === 0)
    })
    child.unref()
  })
}
