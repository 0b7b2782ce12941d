import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Row } from './figures.ts'
import { cpuSeconds, startDaemon } from './programs.ts'
import type { StormOrder, StormResult } from './stormLoad.ts'

const LOAD = new URL('stormLoad.ts', import.meta.url).pathname
const PEOPLE = 5_000

/** 5,000 full clients that come at the same moment, as after a restart, while two who are there already go on talking. */
export async function storm(): Promise<Row[]> {
  return [
    await measure('5,000 in 500 rooms, one each', { people: PEOPLE, rooms: 500, joined: 1 }),
    await measure('5,000 in the same three', { people: PEOPLE, rooms: 3, joined: 3 }),
  ]
}

async function measure(what: string, shape: Omit<StormOrder, 'port'>): Promise<Row> {
  const daemon = await startDaemon()
  try {
    const before = cpuSeconds(daemon.pid)
    const { all, welcomed, p50, p99, max, lost } = await run({ ...shape, port: daemon.port })
    return {
      what,
      figures: {
        'all joined s': all,
        'all welcomed s': welcomed,
        'bystander p50 ms': p50,
        'bystander p99 ms': p99,
        'bystander max ms': max,
        lost,
        'daemon CPU s': cpuSeconds(daemon.pid) - before,
      },
    }
  } finally {
    await daemon.stop()
  }
}

async function run(order: StormOrder): Promise<StormResult> {
  const child = spawn(process.execPath, [LOAD, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as StormResult
  throw new Error('the storm ended without a word')
}
