import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import * as z from 'zod'
import { clientFrame, requests } from '../../src/protocol/requests.ts'
import { type Generator, pick, type Random, type Schema } from './generate.ts'
import { bytesOf, type Kind } from './mutate.ts'

/** What attackers did. */
export interface Counts {
  connections: number
  readonly frames: Record<Kind, number>
}

const schemaOf = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as Schema
const ANY_REQUEST = schemaOf(clientFrame)
const CONNECT = schemaOf(requests.connect)
/** Texts that an attacker takes from answers, by the field of a request in which they mean something. */
const LEARNED: readonly (readonly [answer: string, request: string])[] = [
  ['session', 'session'],
  ['session', 'password'],
  ['seq', 'target'],
  ['seq', 'since'],
  ['seq', 'before'],
  ['seq', 'seq'],
  ['nonce', 'nonce'],
  ['token', 'password'],
  ['code', 'invite'],
  ['cursor', 'cursor'],
  ['epoch', 'epoch'],
]
const CONNECT_TIMEOUT = 5_000

/** Values that mean something to a server at the beginning. */
export function knownValues(names: readonly string[]): Record<string, readonly unknown[]> {
  const rooms = [
    'dev',
    'ops',
    'bystanders',
    'Фаз',
    'd\u0435v',
    ...names.map(name => `@${name}`),
    '@bystander1',
  ]
  return {
    username: [...names, 'bystander1', 'bystander2'],
    room: rooms,
    rooms: ['dev', 'ops'],
    protocol: [1],
    target: [1, 2, 3, 10],
    replyTo: [1, 2],
    password: ['correct horse', 'wrong horse'],
    name: names,
    emoji: ['👍', '🎉', 'e', 'x'.repeat(32)],
    from: names,
    query: ['hello', 'FUZZ', '"build', 'a b c', '@alice', 'данные', ''],
    id: Array.from({ length: 40 }, (_, n) => `id${n}`),
  }
}

/** One connection that says what it should not, in any state, over plain text or TLS. Ends within some seconds. */
export async function attack(
  port: number,
  random: Random,
  generator: Generator,
  counts: Counts,
): Promise<void> {
  const socket = await open(port, random)
  if (socket === undefined) return
  counts.connections++
  socket.on('error', () => undefined)
  listen(socket, generator, random)
  // Half of them come in at first, as clients do.
  if (random() < 0.7) {
    const plain = random() < 0.3
    const { invite: _, signature: __, ...frame } = generator.make(CONNECT) as Record<string, unknown>
    const first = { ...frame, action: 'connect', ...(plain ? { protocol: undefined } : { protocol: 1 }) }
    await send(socket, Buffer.from(`${JSON.stringify(first)}\n`), random)
    counts.frames.valid++
  }
  const steps = 5 + Math.floor(random() * 60)
  for (let step = 0; step < steps && !socket.destroyed && socket.writable; step++) {
    const frame = generator.make(ANY_REQUEST) as Record<string, unknown>
    const { kind, bytes } = bytesOf(frame, random, generator)
    counts.frames[kind]++
    await send(socket, bytes, random)
    const chance = random()
    if (chance < 0.03) await wait(random() * 100)
    else if (chance < 0.05) socket.pause()
    else if (chance < 0.1) socket.resume()
  }
  await leave(socket, random)
}

async function open(port: number, random: Random): Promise<Socket | undefined> {
  const localAddress = `127.66.${Math.floor(random() * 4)}.${1 + Math.floor(random() * 40)}`
  const ends = { port, host: '127.0.0.1', localAddress, allowHalfOpen: true }
  const isEncrypted = random() < 0.3
  const socket = isEncrypted ? connectTls({ ...ends, rejectUnauthorized: false }) : connect(ends)
  const timeout = AbortSignal.timeout(CONNECT_TIMEOUT)
  try {
    await once(socket, isEncrypted ? 'secureConnect' : 'connect', { signal: timeout })
    return socket
  } catch {
    socket.destroy()
    return undefined
  }
}

function listen(socket: Socket, generator: Generator, random: Random): void {
  let rest = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (random() < 0.3) learn(line, generator)
  })
  socket.on('end', () => socket.end())
}

function learn(line: string, generator: Generator): void {
  const frame = JSON.parse(line) as Record<string, unknown>
  for (const [answer, request] of LEARNED)
    if (frame[answer] !== undefined) generator.learn(request, frame[answer])
}

/** Writes bytes at once or in pieces, and waits while the peer takes none; not for ever, for it may hold this one back. */
async function send(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  const pieces = random() < 0.8 ? 1 : 2 + Math.floor(random() * 4)
  for (let piece = 0; piece < pieces && socket.writable; piece++) {
    const from = Math.floor((bytes.length * piece) / pieces)
    const to = Math.floor((bytes.length * (piece + 1)) / pieces)
    if (!socket.write(bytes.subarray(from, to)))
      await Promise.race([once(socket, 'drain').catch(() => undefined), wait(200)])
    await turn()
  }
}

async function leave(socket: Socket, random: Random): Promise<void> {
  const way = pick(random, ['end', 'destroy', 'reset', 'linger'])
  if (way === 'end') socket.end()
  if (way === 'reset' && socket.resetAndDestroy !== undefined && !('encrypted' in socket))
    socket.resetAndDestroy()
  if (way === 'end' || way === 'linger') {
    socket.resume()
    await Promise.race([once(socket, 'close').catch(() => undefined), wait(300)])
  }
  socket.destroy()
}
