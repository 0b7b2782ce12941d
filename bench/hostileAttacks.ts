import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'

/** One way to harm the others. */
export interface Attack {
  /** Done before the bystander is measured. */
  readonly prepare?: (port: number) => Promise<void>
  /** Goes on until the process ends. */
  readonly run: (port: number) => void
}

type Frame = object | string

const ADDRESS = '127.66.0.1'
/** Lines are written in pieces of about this size, bytes. */
const PIECE = 64 * 1024
const MESSAGE_BYTES = 16 * 1024

/** Words that nothing else has, as many as fit into a message. */
function newWords(bytes = MESSAGE_BYTES - 64): string {
  let text = ''
  while (text.length < bytes) text += `${Math.random().toString(36).slice(2)} `
  return text.slice(0, bytes)
}

const asLine = (frame: Frame): string => `${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n`
const asGuest = (username: string): Frame => ({ action: 'connect', username, protocol: 1 })

function open(port: number, localAddress = ADDRESS): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => undefined)
  return socket
}

/** Writes frames for ever, as fast as the peer takes them; a closed connection is opened again. */
async function pour(
  port: number,
  first: readonly Frame[],
  next: (n: number) => readonly Frame[],
  reads = true,
): Promise<void> {
  for (let n = 0; ; ) {
    const socket = open(port)
    if (reads) socket.resume()
    socket.write(first.map(asLine).join(''))
    await keepWriting(socket, () => next(n++))
    await wait(10)
  }
}

/** Writes frames as fast as the peer takes them, until the connection is closed. */
async function keepWriting(socket: Socket, next: () => readonly Frame[]): Promise<void> {
  while (!socket.destroyed) {
    let piece = ''
    while (piece.length < PIECE) piece += next().map(asLine).join('')
    if (!socket.write(piece))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
    await turn()
  }
}

/** So many connections that pour. */
function flood(
  connections: number,
  first: (who: number) => readonly Frame[],
  next: (who: number, n: number) => readonly Frame[],
  reads = true,
): (port: number) => void {
  return port => {
    for (let who = 0; who < connections; who++) void pour(port, first(who), n => next(who, n), reads)
  }
}

/** So many at once that connect, say their lines, and go, for ever. */
function churn(atOnce: number, lines: (n: number) => readonly Frame[], stay = 30): (port: number) => void {
  let n = 0
  const one = async (port: number): Promise<void> => {
    for (;;) {
      const socket = open(port)
      socket.resume()
      socket.write(lines(n++).map(asLine).join(''))
      await Promise.race([wait(stay), once(socket, 'close').catch(() => undefined)])
      socket.destroy()
      await turn()
    }
  }
  return port => {
    for (let at = 0; at < atOnce; at++) void one(port)
  }
}

/** Says lines as one person, each after the answer to the one before. Gives the seq of the last event that was stored. */
async function say(
  port: number,
  username: string,
  lines: readonly Frame[],
  address = ADDRESS,
): Promise<number> {
  const socket = open(port, address)
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]()
  let last = 0
  for (const [at, frame] of [asGuest(username), ...lines].entries()) {
    socket.write(asLine(typeof frame === 'string' ? frame : { id: `s${at}`, ...frame }))
    for (;;) {
      const { done, value } = await answers.next()
      if (done === true) return last
      const { action, seq } = JSON.parse(value) as { readonly action: string; readonly seq?: number }
      if (action === 'ok') last = seq ?? last
      if (action === 'ok' || action === 'welcome' || action === 'error') break
    }
  }
  socket.destroy()
  return last
}

/** What the preparation of an attack learned: the seq of a message. */
let target = 0

const join = (room: string): Frame => ({ action: 'joinroom', room })
const chat = (room: string, message: string, more: object = {}): Frame => ({
  action: 'chat',
  room,
  message,
  ...more,
})

/** Edits a message of its own for ever. */
async function edit(port: number, name: string): Promise<void> {
  const socket = open(port)
  socket.write(
    [asGuest(name), join('edited'), chat('edited', newWords(), { id: 'first' })].map(asLine).join(''),
  )
  for await (const line of createInterface({ input: socket })) {
    const { id, seq } = JSON.parse(line) as { readonly id?: string; readonly seq?: number }
    if (id === 'first' && seq !== undefined) {
      void keepWriting(socket, () => [
        { action: 'edit', room: 'edited', target: seq, message: newWords(), id: 'e' },
      ])
      socket.resume()
      return
    }
  }
}

/** By the rows of the table of attacks, and some more. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  '1 new rooms with a message each': {
    run: flood(
      100,
      who => [asGuest(`maker${who}`)],
      (who, n) => [
        join(`r${who}-${n}`),
        chat(`r${who}-${n}`, 'x'),
        { action: 'leaveroom', room: `r${who}-${n}` },
      ],
    ),
  },
  '2 sessions of 64 names': { run: churn(100, n => [asGuest(`many${n % 64}`)]) },
  '3 a page with all reactions that fit': {
    prepare: async port => {
      target = await say(port, 'target', [join('reacted'), chat('reacted', 'react to this')])
      for (let who = 0; who < 250; who++)
        await say(
          port,
          `react${who}`,
          [
            join('reacted'),
            ...Array.from({ length: 20 }, (_, n) => ({
              action: 'react',
              room: 'reacted',
              target,
              emoji: `e${n}`,
              on: true,
            })),
          ],
          `127.66.1.${who}`,
        )
    },
    run: flood(
      30,
      who => [asGuest(`pager${who}`), join('reacted')],
      () => [{ action: 'history', room: 'reacted', id: 'h' }],
    ),
  },
  '4 searches of a common word': {
    run: flood(
      30,
      who => [
        asGuest(`searcher${who}`),
        join('long'),
        ...Array.from({ length: 300 }, (_, n) => join(`empty${who}-${n}`)),
      ],
      () => [{ action: 'search', query: 'what people', id: 's' }],
    ),
  },
  '5 lists with a thousand unread mentions': {
    prepare: async port => {
      await say(port, 'unread', [join('mentioned')])
      const names = Array.from({ length: 50 }, (_, n) => `@unread${n}`).join(' ')
      for (let who = 0; who < 10; who++)
        await say(
          port,
          `mentioner${who}`,
          [join('mentioned'), ...Array.from({ length: 40 }, () => chat('mentioned', names))],
          `127.66.2.${who}`,
        )
    },
    run: flood(
      20,
      who => [asGuest(`unread${who}`), join('mentioned')],
      () => [{ action: 'rooms', id: 'r' }],
    ),
  },
  '6 sixteen KiB of new words a message': {
    run: flood(
      100,
      who => [asGuest(`writer${who}`), join('flooded')],
      () => [chat('flooded', newWords())],
    ),
  },
  '6 the same as edits': {
    run: port => {
      for (let who = 0; who < 50; who++) void edit(port, `editor${who}`)
    },
  },
  '7 a new name for every 20 messages': {
    run: churn(
      50,
      n => [
        asGuest(`fresh${n}`),
        join('spammed'),
        ...Array.from({ length: 20 }, (_, at) => chat('spammed', `${n} ${at}`)),
      ],
      200,
    ),
  },
  '8 empty lines before connect': {
    run: flood(
      100,
      () => [],
      () => [''],
    ),
  },
  '9 other protocols': {
    run: churn(60, n => [
      ['GET / HTTP/1.1', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 1', 'EHLO x', '\u0016\u0003\u0001'][n % 4] ?? '',
    ]),
  },
  '11 messages to a person from many': {
    run: churn(50, n => [asGuest(`direct${n}`), chat('@bystander', 'hello')], 100),
  },
  '12 joining and leaving new rooms': {
    run: flood(
      120,
      who => [asGuest(`joiner${who}`)],
      (who, n) => [join(`j${who}-${n}`), { action: 'leaveroom', room: `j${who}-${n}` }],
    ),
  },
  '14 connections that come and go': { run: churn(100, () => ['nonsense'], 5) },
  'answers that are not read': {
    run: flood(
      100,
      who => [asGuest(`deaf${who}`), join('long')],
      () => [{ action: 'history', room: 'long', limit: 200, id: 'h' }],
      false,
    ),
  },
  'pings without end': {
    run: flood(
      100,
      who => [asGuest(`pinger${who}`)],
      () => [{ action: 'ping', id: 'p' }],
    ),
  },
  'wrong requests without end': {
    run: flood(
      60,
      who => [asGuest(`wrong${who}`)],
      (_, n) => [n % 3 === 0 ? { action: 'ping', id: 'p' } : '{"action":"chat"}'],
    ),
  },
  'typing and away': {
    run: flood(
      100,
      who => [asGuest(`typist${who}`), join('typed')],
      (_, n) => [
        { action: 'typing', room: 'typed' },
        { action: 'away', message: `away ${n}` },
      ],
    ),
  },
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [port = '0', name = ''] = process.argv.slice(2)
  const attack = ATTACKS[name]
  if (attack === undefined) throw new Error(`there is no attack "${name}"`)
  await attack.prepare?.(Number(port))
  console.log('ready')
  await once(process.stdin, 'data')
  attack.run(Number(port))
}
