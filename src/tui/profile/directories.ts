import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { makeDirectory } from '../../files/makeDirectory.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'

/** The directories of this program, after the XDG base directory specification. */
export interface Directories {
  /** Sessions, the rooms of last time, logs: their loss does little harm. */
  readonly state: string
  /** The newest part of each room, which the server can send again. */
  readonly cache: string
  /** The data of hosted daemons, in one directory for each port. */
  readonly data: string
}

/**
 * The paths below `XDG_STATE_HOME`, `XDG_CACHE_HOME` and `XDG_DATA_HOME`, by default `~/.local/state`, `~/.cache` and
 * `~/.local/share`. Relative values are ignored, as the specification asks. Creates nothing; see
 * {@link makePrivateDirectory}.
 * @returns the paths, or a sentence for the user
 */
export function findDirectories(env: NodeJS.ProcessEnv = process.env): Result<Directories, string> {
  const state = absolute(env['XDG_STATE_HOME']) ?? belowHome(env, '.local', 'state')
  const data = absolute(env['XDG_DATA_HOME']) ?? belowHome(env, '.local', 'share')
  const cache = absolute(env['XDG_CACHE_HOME']) ?? belowHome(env, '.cache')
  if (state === undefined || data === undefined || cache === undefined) {
    return failure(
      'this account has no home directory for the files of chat-tui; set HOME, or XDG_STATE_HOME, XDG_DATA_HOME and XDG_CACHE_HOME',
    )
  }
  return success({
    state: join(state, 'chat-tui'),
    cache: join(cache, 'chat-tui'),
    data: join(data, 'chat-tui', 'chatd'),
  })
}

/** The file of the servers whose keys this account knows, beside the data of hosted daemons. */
export function knownServersFile({ data }: Directories): string {
  return join(dirname(data), 'known_servers')
}

/**
 * Creates a directory that only this account can read, with its parents. An existing one must be writable.
 * @returns the path, or a sentence for the user
 */
export function makePrivateDirectory(path: string): Result<string, string> {
  try {
    makeDirectory(path, 0o700)
    accessSync(path, constants.W_OK | constants.X_OK)
    return success(path)
  } catch (error) {
    const message = `cannot write to the directory ${path}: ${systemReason(error)}`
    return failure(`${message}; change its owner, or set XDG_STATE_HOME and XDG_DATA_HOME`)
  }
}

/** The reason that the operating system gives for a failure, without the name of the call: `permission denied`. */
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

/** Undefined for an account that the system does not know, as in containers that run under a bare user number. */
function accountHome(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}
