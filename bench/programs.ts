import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TICKS_PER_SECOND = 100

/** The built program of this name. */
export function programPath(name: 'chatd' | 'chat-tui'): string {
  return new URL(`../bin/${name}.cjs`, import.meta.url).pathname
}

/** A running daemon, by default without limits of rates and counts. */
export interface BenchDaemon {
  readonly port: number
  readonly pid: number
  /** Ends it, by SIGTERM unless another signal is given. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Starts the built daemon on a free port, with its data in a temporary directory.
 * @param prepare fills the directory before the daemon starts
 */
export async function startDaemon(
  prepare?: (directory: string) => void,
  program: DaemonProgram = {},
): Promise<BenchDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
  prepare?.(directory)
  const daemon = await startDaemonIn(directory, false, program)
  return {
    ...daemon,
    stop: async () => {
      await daemon.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Which daemon is started, and with which flags beside the usual ones. */
interface DaemonProgram {
  /** The program; by default the built one. */
  readonly path?: string
  readonly flags?: readonly string[]
}

/** The same with data that stays. @param isLimited with the limits of rates and counts that a daemon has by default */
export async function startDaemonIn(
  directory: string,
  isLimited = false,
  { path = programPath('chatd'), flags = [] }: DaemonProgram = {},
): Promise<BenchDaemon> {
  const limits = isLimited ? [] : ['--no-limits']
  const args = ['--listen', '127.0.0.1:0', '--data', directory, ...limits, ...flags]
  // Runs the file itself, as a shell and systemd do: its first line has V8's flags.
  const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const port = await listeningPort(child)
  return {
    port,
    pid: child.pid ?? 0,
    stop: async (signal: NodeJS.Signals = 'SIGTERM') => {
      const gone = new Promise(resolve => child.once('exit', resolve))
      child.kill(signal)
      await gone
    },
  }
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text
      const port = /"port":(\d+)/.exec(log)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.once('exit', () => reject(new Error(`chatd did not start: ${log}`)))
  })
}

/** CPU seconds that a process has used, in user and kernel mode. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is a name in parentheses, which can contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory of a process, MiB. */
export function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}
