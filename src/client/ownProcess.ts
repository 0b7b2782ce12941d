import { readFileSync } from 'node:fs'
import { isRunning } from '../files/isRunning.ts'

let own: string | undefined

/** A name for this process that no earlier or later one has: its process id and its start time. */
export function ownProcess(): string {
  own ??= `${process.pid} ${startOf(process.pid) ?? Date.now()}`
  return own
}

/** Whether the process with this name still runs. */
export function isAlive(name: string): boolean {
  if (name === ownProcess()) return true
  const [pid = 0] = name.split(' ', 1).map(Number)
  if (!Number.isInteger(pid) || pid <= 0) return false
  const started = startOf(pid)
  if (started !== undefined) return name === `${pid} ${started}`
  // Without /proc only the process id tells.
  if (startOf(process.pid) !== undefined) return false
  return isRunning(pid)
}

/** The start time of a process, in ticks since the boot of the machine; undefined without such a process or /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The program's name, in brackets, can contain anything; the start time is the 20th field after it (proc_pid_stat(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
