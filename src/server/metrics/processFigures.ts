import { readFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'

/** What Prometheus asks of every program, in seconds and bytes. A figure that the system does not tell is left out. */
export interface ProcessFigures {
  readonly userCpu: number
  readonly systemCpu: number
  /** Seconds since 1970. */
  readonly started: number
  readonly resident: number
  readonly heap: number
  readonly virtual: number | undefined
  readonly openFiles: number | undefined
  readonly maxFiles: number | undefined
}

/** Looks at this process. */
export async function readProcess(): Promise<ProcessFigures> {
  const { user, system } = process.cpuUsage()
  const { rss, heapTotal } = process.memoryUsage()
  return {
    userCpu: user / 1e6,
    systemCpu: system / 1e6,
    started: Math.round(Date.now() / 1_000 - process.uptime()),
    resident: rss,
    heap: heapTotal,
    virtual: numberIn('/proc/self/status', /^VmSize:\s+(\d+) kB/m, 1_024),
    openFiles: await openFiles(),
    maxFiles: numberIn('/proc/self/limits', /^Max open files\s+(\d+)/m, 1),
  }
}

/** Since Linux 6.2 the size of the directory is their number; to list 20,000 connections takes the event loop milliseconds. */
async function openFiles(): Promise<number | undefined> {
  try {
    const { size } = await stat('/proc/self/fd')
    return size > 0 ? size : (await readdir('/proc/self/fd')).length
  } catch {
    return undefined
  }
}

function numberIn(file: string, pattern: RegExp, unit: number): number | undefined {
  try {
    const found = pattern.exec(readFileSync(file, 'utf8'))?.[1]
    return found === undefined ? undefined : Number(found) * unit
  } catch {
    return undefined
  }
}
