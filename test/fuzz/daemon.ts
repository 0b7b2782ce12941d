import { readFileSync } from 'node:fs'
import { KillableDaemon } from '../crash/daemon.ts'

const TICKS_A_SECOND = 100
/** What the log must never have: a bug, or a thread that broke. */
const TROUBLE = /"level":"(error|fatal)"/

/** A daemon that is watched while it gets what it must bear. */
export class FuzzedDaemon extends KillableDaemon {
  /** Lines of its log that tell of a bug. */
  readonly trouble: string[] = []

  /** Undefined while it runs. */
  get ended(): string | undefined {
    const { exitCode = null, signalCode = null } = this.child ?? {}
    return exitCode === null && signalCode === null ? undefined : `chatd ended (${exitCode ?? signalCode})`
  }

  /** Resident memory, MiB. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.child?.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024
  }

  /** CPU time that it has used, seconds. */
  get cpu(): number {
    const stat = readFileSync(`/proc/${this.child?.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
  }

  protected override noteLine(line: string): void {
    if (TROUBLE.test(line)) this.trouble.push(line)
  }
}
