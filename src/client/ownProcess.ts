import { readFileSync } from 'node:fs'

let own: string | undefined

/** A name for this process that no other has, before or after it: its number, and when it was started. */
export function ownProcess(): string {
  own ??= `${process.pid} ${startOf(process.pid) ?? Date.now()}`
  return own
}

/** Whether the process of this name still runs. */
export function isAlive(name: string): boolean {
  if (name === ownProcess()) return true
  const [pid = 0] = name.split(' ', 1).map(Number)
  if (!Number.isInteger(pid) || pid <= 0) return false
  const started = startOf(pid)
  if (started !== undefined) return name === `${pid} ${started}`
  // Without /proc its number is all there is to go by.
  if (startOf(process.pid) !== undefined) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When a process was started, in ticks since the machine was; undefined where there is none, or no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program, in brackets, can hold anything; 20 fields follow to the start time (proc_pid_stat(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
