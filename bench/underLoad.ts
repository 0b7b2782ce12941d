import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { RunningServer } from './contenders.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import { cpuSeconds } from './programs.ts'

const LOAD = new URL('load.ts', import.meta.url).pathname

/**
 * Runs a load on a server. Gives the result, and the CPU seconds that the server used from the first message on.
 * @param onBegin called when the measured sending begins
 */
export async function underLoad(
  server: RunningServer,
  order: LoadOrder,
  onBegin: () => void = () => undefined,
): Promise<{ readonly result: LoadResult; readonly cpu: number }> {
  const child = spawn(process.execPath, [LOAD, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] })
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
