/**
 * The load of the storm bench, a process of its own. Usage: `node stormLoad.ts '{"port":…}'` with a {@link StormOrder};
 * prints a line of JSON, a {@link StormResult}.
 */
import { connect, type Socket } from 'node:net'
import { percentile } from './figures.ts'

/** What is to be done. */
export interface StormOrder {
  readonly port: number
  /** Full clients that connect at the same moment. */
  readonly people: number
  /** Rooms that there are, and how many each joins. */
  readonly rooms: number
  readonly joined: number
}

/** What came of it. */
export interface StormResult {
  /** From the first connection until the last answer to a join, and to a connect; s. */
  readonly all: number
  readonly welcomed: number
  /** From when a message between two who were there already was due until it was there, ms. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Clients that were not let in within a minute. */
  readonly lost: number
}

const PATIENCE_MS = 60_000
const TALK_EVERY_MS = 5

const { port, people, rooms, joined } = JSON.parse(process.argv[2] ?? '{}') as StormOrder
const dial = (): Socket => connect({ port, host: '127.0.0.1', noDelay: true })

// Two who are there already.
const latencies: number[] = []
const listener = dial()
const talker = dial()
for (const [socket, name] of [
  [listener, 'listener'],
  [talker, 'talker'],
] as const) {
  socket.write(`{"action":"connect","username":"${name}"}\n{"action":"joinroom","room":"quiet"}\n`)
}
let rest = ''
listener.on('data', chunk => {
  const lines = (rest + chunk.toString('latin1')).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) {
    const due = /"message":"([\d.]+)"/.exec(line)?.[1]
    if (due !== undefined) latencies.push(performance.now() - Number(due))
  }
})
await new Promise(resolve => setTimeout(resolve, 500))
let due = performance.now()
const talking = setInterval(() => {
  for (; due <= performance.now(); due += TALK_EVERY_MS)
    talker.write(`{"action":"chat","room":"quiet","message":"${due.toFixed(3)}"}\n`)
}, TALK_EVERY_MS)
await new Promise(resolve => setTimeout(resolve, 500))
latencies.length = 0

const began = performance.now()
let welcomes = 0
let joins = 0
let welcomed = Number.NaN
let all = Number.NaN
await new Promise<void>(resolve => {
  setTimeout(resolve, PATIENCE_MS).unref()
  for (let n = 0; n < people; n++) {
    const socket = dial()
    let isIn = false
    let answers = 0
    let tail = ''
    socket.on('error', () => undefined)
    socket.write(`{"action":"connect","username":"p${n}","protocol":1}\n`)
    for (let i = 0; i < joined; i++)
      socket.write(`{"action":"joinroom","room":"r${(n + i) % rooms}","id":"j${i}"}\n`)
    socket.on('data', chunk => {
      // Once everything is answered only noise follows.
      if (isIn && answers === joined) return
      const text = tail + chunk.toString('latin1')
      const end = text.lastIndexOf('\n') + 1
      tail = text.slice(end)
      for (const line of text.slice(0, end).split('\n')) {
        if (!isIn && line.startsWith('{"action":"welcome"')) {
          isIn = true
          if (++welcomes === people) welcomed = (performance.now() - began) / 1_000
        } else if (line.startsWith('{"action":"ok"')) {
          answers++
          if (++joins < people * joined) continue
          all = (performance.now() - began) / 1_000
          resolve()
        }
      }
    })
  }
})
clearInterval(talking)
await new Promise(resolve => setTimeout(resolve, 200))
latencies.sort((a, b) => a - b)
const result: StormResult = {
  all,
  welcomed,
  p50: percentile(latencies, 50),
  p99: percentile(latencies, 99),
  max: percentile(latencies, 100),
  lost: people - welcomes,
}
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
