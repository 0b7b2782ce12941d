import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { RunningServer } from './contenders.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import { cpuSeconds } from './programs.ts'
import type { SpreadOrder } from './spreadLoad.ts'

const LOAD = new URL('load.ts', import.meta.url).pathname
const SPREAD_LOAD = new URL('spreadLoad.ts', import.meta.url).pathname

/** What a load was, and what it cost the server. */
export interface Loaded {
  readonly result: LoadResult
  /** The CPU seconds that the server used from the first message on. */
  readonly cpu: number
}

/**
 * Runs a load on a server.
 * @param onBegin called when the measured sending begins
 */
export function underLoad(
  server: RunningServer,
  order: LoadOrder,
  onBegin: () => void = () => undefined,
): Promise<Loaded> {
  return run(server, [LOAD, JSON.stringify(order)], onBegin)
}

/** Runs a load of many rooms on a daemon. @param onBegin the same */
export function underSpreadLoad(
  server: Pick<RunningServer, 'port' | 'pid'>,
  order: Omit<SpreadOrder, 'port'>,
  onBegin: () => void = () => undefined,
): Promise<Loaded> {
  return run(server, [SPREAD_LOAD, JSON.stringify({ ...order, port: server.port })], onBegin)
}

async function run(
  server: Pick<RunningServer, 'pid'>,
  command: readonly string[],
  onBegin: () => void,
): Promise<Loaded> {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  let before = Number.NaN
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'begin') {
      before = cpuSeconds(server.pid)
      onBegin()
    } else return { result: JSON.parse(line) as LoadResult, cpu: cpuSeconds(server.pid) - before }
  }
  throw new Error(complaints.trim() || 'the load ended without a result')
}
