import { connect, type Socket } from 'node:net'
import { CONTENDERS, type Contender, TLS_CONTENDERS } from './contenders.ts'
import { DIALECTS, type Dialect } from './dialects.ts'
import type { Row } from './figures.ts'
import { cpuSeconds, residentMiB } from './programs.ts'
import { secured } from './secure.ts'

const CONNECTIONS = 9_000
const AT_ONCE = 500
/** People in a room. */
const A_ROOM = 9
/** Time for the collector to free what connecting allocated. */
const SETTLED_S = 5
const WATCHED_S = 5
const KIB_A_MIB = 1_024

/** 9,000 idle connections in 1,000 rooms: memory, and CPU. */
export async function idle(): Promise<Row[]> {
  const rows: Row[] = []
  for (const contender of CONTENDERS) rows.push(await measure(contender))
  return rows
}

/** The same through TLS, beside plain text. */
export async function encryptedIdle(): Promise<Row[]> {
  const rows: Row[] = []
  for (const contender of TLS_CONTENDERS) rows.push(await measure(contender))
  return rows
}

async function measure(contender: Contender): Promise<Row> {
  const { name, missing } = contender
  if (missing !== undefined) return { what: `${name} (left out: ${missing})`, figures: {} }
  const server = await contender.start()
  const sockets: Socket[] = []
  try {
    const before = residentMiB(server.pid)
    for (let n = 0; n < CONNECTIONS; n += AT_ONCE) {
      const some = Array.from({ length: AT_ONCE }, (_, i) => enter(server.port, contender, n + i))
      sockets.push(...(await Promise.all(some)))
    }
    await sleep(SETTLED_S)
    const cpu = cpuSeconds(server.pid)
    await sleep(WATCHED_S)
    return {
      what: name,
      figures: {
        'KiB a connection': ((residentMiB(server.pid) - before) * KIB_A_MIB) / CONNECTIONS,
        'MiB in all': residentMiB(server.pid),
        'CPU %': (100 * (cpuSeconds(server.pid) - cpu)) / WATCHED_S,
      },
    }
  } finally {
    for (const socket of sockets) socket.destroy()
    await server.stop()
  }
}

/** Resolves when the server has welcomed the client; in a protocol without a welcome, when it is connected. */
async function enter(port: number, contender: Contender, n: number): Promise<Socket> {
  const dialect: Dialect = DIALECTS[contender.dialect]
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket =
    contender.isEncrypted === true ? await secured(port, contender.dialect) : await connected(port)
  const join = (): void => {
    socket.write(dialect.join(`room${Math.floor(n / A_ROOM)}`))
    resolve(socket)
  }
  socket.on('error', reject)
  let heard = ''
  socket.on('data', chunk => {
    if (dialect.welcome === undefined || heard === dialect.welcome) return
    heard += chunk.toString('latin1')
    if (!heard.includes(dialect.welcome)) return
    heard = dialect.welcome
    join()
  })
  socket.write(dialect.hello(`m${n}`))
  if (dialect.welcome === undefined) join()
  return promise
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket.removeAllListeners('error')
}

function sleep(seconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, seconds * 1_000))
}
