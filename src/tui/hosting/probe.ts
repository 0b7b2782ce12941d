import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Decoded, encodeFrame, serverFrameDecoder } from '../../protocol/codec.ts'
import { SERVER_NAME } from '../../protocol/names.ts'
import type { ServerFrame } from '../../protocol/responses.ts'

/** How long a server may take to answer, ms. */
const ANSWER_TIMEOUT_MS = 2_000
/** Between two pings, ms. */
const PAUSE_MS = 50

/** The kind of program that listens on a port of this machine. */
export type Listener =
  /** No program listens. */
  | 'nothing'
  | 'chatd'
  /** A program listens, and does not answer as chatd does within 2 s. */
  | 'other'

/**
 * Tells which kind of program listens on a port of 127.0.0.1. Every chatd refuses a `ping` before `connect`, in words
 * that only chatd uses, and keeps no trace of it: no name is taken and no session begins. Never throws.
 */
export async function probe(port: number): Promise<Listener> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS
  for (;;) {
    const listener = await ask(port, deadline - Date.now())
    if (listener !== 'silent') return listener
    // A chatd that is ending closes the connection too, so it is asked until the port is free.
    if (Date.now() + PAUSE_MS > deadline) return 'other'
    await delay(PAUSE_MS)
  }
}

/** Asks once, for at most `timeout` ms. `silent`: the program closed the connection or did not answer in time. */
function ask(port: number, timeout: number): Promise<Listener | 'silent'> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    let connected = false
    const decoder = serverFrameDecoder()
    const settle = (listener: Listener | 'silent'): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(listener)
    }
    const timer = setTimeout(() => settle(connected ? 'silent' : 'nothing'), timeout)
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

/** Whether any program accepts connections on a port of 127.0.0.1. Does not wait for an answer. */
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

/** Whether an answer is an error of chatd: only chatd itself has its reserved name in `from`. */
function isChatd(answer: Decoded<ServerFrame>): boolean {
  return answer.ok && answer.frame.action === 'error' && answer.frame.from === SERVER_NAME
}
