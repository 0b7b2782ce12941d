import { execFileSync } from 'node:child_process'
import { startClient } from './client.ts'
import { median, type Row } from './figures.ts'
import { programPath, startDaemon } from './programs.ts'

const TIMES = 10

/** The start time of the programs: the median of ten starts, after a first one that fills the compile cache. */
export async function start(): Promise<Row[]> {
  const daemon = await startDaemon()
  const paints: number[] = []
  try {
    for (let i = 0; i <= TIMES; i++) {
      const client = await startClient(daemon.port, 80, 24)
      paints.push(client.firstPaint)
      await client.stop()
    }
  } finally {
    await daemon.stop()
  }
  return [
    { what: 'node, an empty program', figures: { ms: timeOf('-e', '0') } },
    { what: 'chat-tui --version', figures: { ms: timeOf(programPath('chat-tui'), '--version') } },
    { what: 'chatd --version', figures: { ms: timeOf(programPath('chatd'), '--version') } },
    { what: 'chat-tui, first paint', figures: { ms: median(paints.slice(1)) } },
  ]
}

function timeOf(...args: readonly string[]): number {
  const times: number[] = []
  for (let i = 0; i <= TIMES; i++) {
    const began = performance.now()
    execFileSync(process.execPath, args)
    times.push(performance.now() - began)
  }
  return median(times.slice(1))
}
