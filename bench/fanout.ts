import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Row } from './figures.ts'
import { cpuSeconds, residentMiB, startDaemon } from './programs.ts'

const LOAD = new URL('fanoutLoad.ts', import.meta.url).pathname

interface LoadResult {
  readonly delivered: number
  readonly lost: number
  readonly disordered: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly loadCpu: number
}

/** One room, somebody speaking with 64 messages in flight, texts of 100 bytes: how fast everybody has them. */
export async function fanout(): Promise<Row[]> {
  return [await measure(100, 20_000), await measure(1_000, 4_000)]
}

async function measure(members: number, messages: number): Promise<Row> {
  const daemon = await startDaemon()
  try {
    const idle = residentMiB(daemon.pid)
    const before = cpuSeconds(daemon.pid)
    const { stdout } = await promisify(execFile)(process.execPath, [
      LOAD,
      ...[daemon.port, members, messages].map(String),
    ])
    const cpu = cpuSeconds(daemon.pid) - before
    const result = JSON.parse(stdout) as LoadResult
    return {
      what: `${members} members`,
      figures: {
        'deliveries/s': result.delivered / result.seconds,
        'per CPU-s': result.delivered / cpu,
        'p50 ms': result.p50,
        'p99 ms': result.p99,
        'max ms': result.max,
        lost: result.lost,
        disordered: result.disordered,
        'RSS MiB': residentMiB(daemon.pid),
        'idle MiB': idle,
        'load CPU s': result.loadCpu,
        'daemon CPU s': cpu,
      },
    }
  } finally {
    await daemon.stop()
  }
}
