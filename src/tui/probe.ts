import { connect } from 'node:net'

/** How long a server may take to say what it is, ms. */
const ANSWER_TIMEOUT_MS = 2_000
/** The first line of chatd is far shorter, bytes. */
const MAX_ANSWER_BYTES = 4096

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
    let answer = ''
    const settle = (listener: Listener): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(listener)
    }
    const timer = setTimeout(() => settle(connected ? 'other' : 'nothing'), ANSWER_TIMEOUT_MS)
    socket.setEncoding('utf8')
    socket.on('connect', () => {
      connected = true
      socket.write('{"action":"ping","id":"probe"}\n')
    })
    socket.on('data', (text: string) => {
      answer += text
      const end = answer.indexOf('\n')
      if (end !== -1) settle(isChatd(answer.slice(0, end)) ? 'chatd' : 'other')
      else if (answer.length > MAX_ANSWER_BYTES) settle('other')
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

/** Whether a line is an error of chatd: `from` is the name that nobody else can have. */
function isChatd(line: string): boolean {
  try {
    const frame: unknown = JSON.parse(line)
    return typeof frame === 'object' && frame !== null && 'from' in frame && frame.from === 'chatd'
  } catch {
    return false
  }
}
