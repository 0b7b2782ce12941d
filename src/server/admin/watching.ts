import { accessSync, constants, existsSync } from 'node:fs'
import { controlSocket } from '../dataDirectory.ts'
import { jsonLine } from './answerLines.ts'
import { sendTask } from './control.ts'
import { describeStatus, readStatus, type Status } from './status.ts'
import { runTop } from './top.ts'

/** What `systemctl status` exits with: the daemon runs, does not run, or cannot be asked. */
const RUNNING = 0
const NOT_RUNNING = 3
const NOT_KNOWN = 4

/** A command that only looks at a running daemon. */
export type WatchTask = { readonly task: 'status'; readonly json: boolean } | { readonly task: 'top' }

/** What a look at a daemon found. */
type Seen =
  | { readonly status: Status; readonly code: typeof RUNNING }
  | { readonly why: string; readonly code: typeof NOT_RUNNING | typeof NOT_KNOWN }

/** Runs a command that looks at the daemon of a data directory; gives the exit code. */
export async function runWatch(directory: string, what: WatchTask): Promise<number> {
  if (what.task === 'top') return runTop(() => lookAt(directory, 50))
  const seen = await lookAt(directory, 0)
  if ('why' in seen) {
    const line = what.json ? jsonLine({ running: false, why: seen.why }) : `chatd: ${seen.why}`
    process[what.json ? 'stdout' : 'stderr'].write(`${line}\n`)
    return seen.code
  }
  const lines = what.json
    ? [jsonLine({ running: true, ...seen.status })]
    : describeStatus(seen.status, Date.now())
  process.stdout.write(`${lines.join('\n')}\n`)
  return seen.code
}

/** Asks the daemon of a data directory how it is. @param rooms how many of the busiest rooms it names */
async function lookAt(directory: string, rooms: number): Promise<Seen> {
  const socket = controlSocket(directory)
  if (existsSync(directory) && !mayUse(directory, constants.X_OK))
    return { why: `you may not look into ${directory}; be root, or its owner`, code: NOT_KNOWN }
  if (existsSync(socket) && !mayUse(socket, constants.W_OK))
    return { why: `you may not use ${socket}; be root, or its owner`, code: NOT_KNOWN }
  const lines: string[] = []
  const asked = await sendTask(directory, { task: 'status', rooms }, async line => lines.push(line) > 0)
  if (asked === undefined) return { why: `no chatd runs in ${directory}`, code: NOT_RUNNING }
  if (!asked.ok) return { why: asked.error.message, code: NOT_KNOWN }
  const found = readStatus(lines.join(''))
  return found === undefined
    ? { why: 'the daemon answered in another way; use the chatd of its version', code: NOT_KNOWN }
    : { status: found, code: RUNNING }
}

function mayUse(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
