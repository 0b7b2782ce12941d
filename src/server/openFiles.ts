import { readFileSync } from 'node:fs'

/** Open files that the daemon needs beside connections: the log, its threads, listeners, and connections that it refuses. */
const NEEDED = 128

/** How many connections fit beside what the daemon needs, by the limit of open files of this process. */
export function connectionsThatFit(limits: string = ownLimits()): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? []
  return soft === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Number(soft) - NEEDED)
}

/** The limits of this process; empty where the system does not tell them. */
function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}
