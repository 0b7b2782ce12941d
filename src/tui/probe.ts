import { connect } from 'node:net'
import { type Decoded, encodeFrame, serverFrameDecoder } from '../protocol/codec.ts'
import { SERVER_NAME } from '../protocol/names.ts'
import type { ServerFrame } from '../protocol/responses.ts'

/** How long a server may take to say what it is, ms. */
const ANSWER_TIMEOUT_MS = 2_000

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
export function probe(port: number): Promise<Listener> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    let connected = false
    const decoder = serverFrameDecoder()
    const settle = (listener: Listener): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(listener)
    }
    const timer = setTimeout(() => settle(connected ? 'other' : 'nothing'), ANSWER_TIMEOUT_MS)
    socket.on('connect', () => {
      connected = true
      socket.write(encodeFrame({ action: 'ping', id: 'probe' }))
    })
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk)
      const answer = decoder.next()
      if (answer !== undefined) settle(isChatd(answer) ? 'chatd' : 'other')
    })
    socket.on('error', () => settle(connected ? 'other' : 'nothing'))
    socket.on('end', () => settle('other'))
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
