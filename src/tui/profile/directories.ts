import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The directories in which this program keeps things, after the XDG base directory specification. */
export interface Places {
  /** What may be lost without much harm: sessions, rooms of last time, logs. */
  readonly state: string
  /** What can be had again from the server: the newest part of each room. */
  readonly cache: string
  /** What a hosted daemon keeps: one directory a port below this one. */
  readonly data: string
}

/** Either the value, or a sentence for the user. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string }

/**
 * Where things are kept: `XDG_STATE_HOME` and `XDG_DATA_HOME`, else `~/.local/state` and `~/.local/share`.
 * Relative values are ignored, as the specification asks. Makes nothing; see {@link makePrivateDirectory}.
 */
export function findPlaces(env: NodeJS.ProcessEnv = process.env): Outcome<Places> {
  const state = absolute(env['XDG_STATE_HOME']) ?? belowHome(env, '.local', 'state')
  const data = absolute(env['XDG_DATA_HOME']) ?? belowHome(env, '.local', 'share')
  const cache = absolute(env['XDG_CACHE_HOME']) ?? belowHome(env, '.cache')
  if (state === undefined || data === undefined || cache === undefined) {
    return {
      ok: false,
      message:
        'there is no home directory to keep things in; set HOME, or XDG_STATE_HOME, XDG_DATA_HOME and XDG_CACHE_HOME',
    }
  }
  return {
    ok: true,
    value: {
      state: join(state, 'chat-tui'),
      cache: join(cache, 'chat-tui'),
      data: join(data, 'chat-tui', 'chatd'),
    },
  }
}

/** Makes a directory that nobody else can read, with its parents; one that is there must be writable. */
export function makePrivateDirectory(path: string): Outcome<string> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.W_OK | constants.X_OK)
    return { ok: true, value: path }
  } catch (error) {
    const message = `cannot write to the directory ${path}: ${systemReason(error)}`
    return { ok: false, message: `${message}; change who owns it, or set XDG_STATE_HOME and XDG_DATA_HOME` }
  }
}

/** What the operating system says about a failure, without the noise of the call: `permission denied`. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Node writes "EACCES: permission denied, mkdir '/x'".
  return /^[A-Z0-9]+: (.*?)(?:, \w+(?: '.*)?)?$/s.exec(error.message)?.[1] ?? error.message
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined
}

function belowHome(env: NodeJS.ProcessEnv, ...parts: readonly string[]): string | undefined {
  const home = absolute(env['HOME']) ?? absolute(accountHome())
  return home === undefined ? undefined : join(home, ...parts)
}

/** Undefined for an account that the system does not know, as in containers with a number for a user. */
function accountHome(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}
