/**
 * The load of the storm bench, a process of its own. Usage: `node stormLoad.ts '{"port":…}'` with a {@link StormOrder}.
 * It begins when its input has a line, and prints a line of JSON, a {@link StormResult}.
 */
import { once } from 'node:events'
import { connect } from 'node:net'

/** The parameters of a storm. */
export interface StormOrder {
  readonly port: number
  /** Full clients that connect at the same moment. */
  readonly people: number
  /** The number of rooms, and the number that each client joins. */
  readonly rooms: number
  readonly joined: number
}

/** The result of a storm. */
export interface StormResult {
  /** From the first connection until the last answer to a join, and to a connect; s. */
  readonly all: number
  readonly welcomed: number
  /** Clients that were not connected within a minute. */
  readonly lost: number
}

const PATIENCE_MS = 60_000

const { port, people, rooms, joined } = JSON.parse(process.argv[2] ?? '{}') as StormOrder
await once(process.stdin, 'data')
const began = performance.now()
let welcomes = 0
let joins = 0
let welcomed = Number.NaN
let all = Number.NaN
await new Promise<void>(resolve => {
  setTimeout(resolve, PATIENCE_MS).unref()
  for (let n = 0; n < people; n++) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let isIn = false
    let answers = 0
    let tail = ''
    socket.on('error', () => undefined)
    socket.write(`{"action":"connect","username":"p${n}","protocol":1}\n`)
    for (let i = 0; i < joined; i++)
      socket.write(`{"action":"joinroom","room":"r${(n + i) % rooms}","id":"j${i}"}\n`)
    socket.on('data', chunk => {
      // Lines after the last answer do not count.
      if (isIn && answers === joined) return
      const lines = (tail + chunk.toString('latin1')).split('\n')
      tail = lines.pop() ?? ''
      for (const line of lines) {
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
const result: StormResult = { all, welcomed, lost: people - welcomes }
// The clients stay connected until the bench ends this process.
process.stdout.write(`${JSON.stringify(result)}\n`)
