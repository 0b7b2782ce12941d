import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Decoded, encodeFrame, serverFrameDecoder } from '../../protocol/codec.ts'
import { SERVER_NAME } from '../../protocol/names.ts'
import type { ServerFrame } from '../../protocol/responses.ts'

/** How long a server may take to say what it is, ms. */
const ANSWER_TIMEOUT_MS = 2_000
/** Between two questions, ms. */
const PAUSE_MS = 50

/** What is behind a port of this machine. */
export type Listener =
  /** Nobody listens. */
  | 'nothing'
  | 'chatd'
  /** Something listens, and does not answer as chatd does within 2 s. */
  | 'other'

/**
 * Asks what listens on a port of 127.0.0.1. A `ping` before `connect` is refused by every chatd, in words that only
 * chatd uses, and leaves no trace there: no name is taken and no session begun. Never throws.
 */
export async function probe(port: number): Promise<Listener> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS
  for (;;) {
    const listener = await ask(port, deadline - Date.now())
    if (listener !== 'silent') return listener
    // A chatd that ends in this moment hangs up as well: it is asked until it is gone.
    if (Date.now() + PAUSE_MS > deadline) return 'other'
    await delay(PAUSE_MS)
  }
}

/** Asks once; `silent` is who hangs up, or lets the time in ms go by, without a word. */
function ask(port: number, patience: number): Promise<Listener | 'silent'> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    let connected = false
    const decoder = serverFrameDecoder()
    const settle = (listener: Listener | 'silent'): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(listener)
    }
    const timer = setTimeout(() => settle(connected ? 'silent' : 'nothing'), patience)
    socket.on('connect', () => {
      connected = true
      socket.write(encodeFrame({ action: 'ping', id: 'probe' }))
    })
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk)
      const answer = decoder.next()
      if (answer !== undefined) settle(isChatd(answer) ? 'chatd' : 'other')
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      settle(connected || error.code === 'ECONNRESET' ? 'silent' : 'nothing'),
    )
    socket.on('end', () => settle('silent'))
  })
}

/** Whether anything at all accepts connections on a port of 127.0.0.1; does not wait for what it says. */
export function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    const settle = (listens: boolean): void => {
      socket.destroy()
      resolve(listens)
    }
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => settle(false))
    socket.on('connect', () => settle(true))
    socket.on('error', () => settle(false))
  })
}

/** Whether an answer is an error of chatd: `from` is the name that nobody else can have. */
function isChatd(answer: Decoded<ServerFrame>): boolean {
  return answer.ok && answer.frame.action === 'error' && answer.frame.from === SERVER_NAME
}
