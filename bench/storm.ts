import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Row } from './figures.ts'
import { cpuSeconds, startDaemon } from './programs.ts'
import type { StormOrder, StormResult } from './stormLoad.ts'
import { underLoad } from './underLoad.ts'

const LOAD = new URL('stormLoad.ts', import.meta.url).pathname
const PEOPLE = 5_000
/** The messages of two connected clients, in a room of their own; they last about as long as the storm. */
const BYSTANDERS = {
  dialect: 'plain',
  listeners: 1,
  rooms: 1,
  bytes: 100,
  seconds: 1,
  perSecond: 200,
} as const

/** 5,000 full clients connect at the same moment, as after a restart, while two connected clients go on sending. */
export async function storm(): Promise<Row[]> {
  return [
    await measure('5,000 in 500 rooms, one each', { people: PEOPLE, rooms: 500, joined: 1 }),
    await measure('5,000 in the same three', { people: PEOPLE, rooms: 3, joined: 3 }),
  ]
}

async function measure(what: string, shape: Omit<StormOrder, 'port'>): Promise<Row> {
  const daemon = await startDaemon()
  const child = spawn(process.execPath, [LOAD, JSON.stringify({ ...shape, port: daemon.port })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // Reads from the start: unread output is lost when the process ends.
  const storming = resultOf(child.stdout)
  try {
    const before = cpuSeconds(daemon.pid)
    const come = (): unknown => child.stdin.write('come\n')
    const { result: bystanders } = await underLoad(daemon, { ...BYSTANDERS, port: daemon.port }, come)
    const { all, welcomed, lost } = await storming
    return {
      what,
      figures: {
        'all joined s': all,
        'all welcomed s': welcomed,
        'bystander p50 ms': bystanders.p50,
        'bystander p99 ms': bystanders.p99,
        'bystander max ms': bystanders.max,
        lost: lost + bystanders.lost,
        'daemon CPU s': cpuSeconds(daemon.pid) - before,
      },
    }
  } finally {
    child.kill('SIGKILL')
    await daemon.stop()
  }
}

async function resultOf(output: NodeJS.ReadableStream): Promise<StormResult> {
  for await (const line of createInterface({ input: output })) return JSON.parse(line) as StormResult
  throw new Error('the load of the storm ended without a result')
}
