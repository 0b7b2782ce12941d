import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Row } from './figures.ts'
import { cpuSeconds, startDaemon } from './programs.ts'
import { underLoad } from './underLoad.ts'

const FLOOD = new URL('handshakeFlood.ts', import.meta.url).pathname
const SECONDS = 5
/** The messages of two connected people, in a room of their own. */
const BYSTANDERS = {
  dialect: 'plain',
  listeners: 1,
  rooms: 1,
  bytes: 100,
  seconds: SECONDS,
  perSecond: 200,
} as const

/**
 * Two connected people go on sending: alone, while others open TLS connections as fast as they can, and while the same
 * happens to another daemon, which takes as much of the machine.
 */
export async function handshakes(): Promise<Row[]> {
  const other = await startDaemon()
  try {
    return [
      await measure('alone', 0),
      await measure('a flood, 100 at once', 100),
      await measure('the flood at another daemon', 100, other.port),
    ]
  } finally {
    await other.stop()
  }
}

/** @param flooded the port of the flooded daemon; by default that of the people */
async function measure(what: string, atOnce: number, flooded?: number): Promise<Row> {
  const daemon = await startDaemon()
  const port = String(flooded ?? daemon.port)
  const child = spawn(process.execPath, [FLOOD, port, String(atOnce), String(SECONDS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const flooding = countOf(child.stdout)
  try {
    const before = cpuSeconds(daemon.pid)
    const begin = (): unknown => child.stdin.write('begin\n')
    const { result } = await underLoad(daemon, { ...BYSTANDERS, port: daemon.port }, begin)
    const cpu = cpuSeconds(daemon.pid) - before
    const count = await flooding
    return {
      what,
      figures: {
        'handshakes/s': count / SECONDS,
        'daemon ms each': count === 0 ? 0 : (1_000 * cpu) / count,
        'bystander p50 ms': result.p50,
        'bystander p99 ms': result.p99,
        'bystander max ms': result.max,
        lost: result.lost,
      },
    }
  } finally {
    child.kill('SIGKILL')
    await daemon.stop()
  }
}

async function countOf(output: NodeJS.ReadableStream): Promise<number> {
  for await (const line of createInterface({ input: output })) return Number(line)
  throw new Error('the flood ended without a count')
}
