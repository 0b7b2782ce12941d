/**
 * Runs in the machine: `load.ts CLIENTS SECONDS`. So many clients talk in one room, connect again at once when they lose the
 * connection, and send again what was not acknowledged. Prints a {@link Load} as JSON.
 */
import { connect } from 'node:net'

/** What the clients met. */
export interface Load {
  /** Texts that the server acknowledged. */
  readonly acknowledged: readonly string[]
  readonly attempts: number
  /** Attempts to connect that the machine refused. */
  readonly refused: number
  /** Connections that ended, but for the end of the test. */
  readonly lost: number
  /** The longest time from the end of a connection to the next welcome, ms. */
  readonly longestAway: number
  /** Clients that are welcome at the end. */
  readonly present: number
}

const [clients = '1', seconds = '5'] = process.argv.slice(2)
const ROOM = 'load'
const PAUSE_MS = 400
const AGAIN_MS = 250

const acknowledged: string[] = []
let [attempts, refused, lost, longestAway, present] = [0, 0, 0, 0, 0]
let isOver = false

function live(name: string): void {
  let session: string | undefined
  let said = 0
  let away = 0
  const open = (): void => {
    attempts++
    const socket = connect({ host: '127.0.0.1', port: 9011 })
    let rest = ''
    let isWelcome = false
    const send = (frame: object): void => void socket.write(`${JSON.stringify(frame)}\n`)
    const speak = (): void => {
      if (!isOver) send({ action: 'chat', room: ROOM, message: `${name} ${said}`, id: `${name}-${said}` })
    }
    const take = (frame: Record<string, unknown>): void => {
      if (frame['action'] === 'welcome') {
        session = String(frame['session'])
        isWelcome = true
        present++
        if (away !== 0) longestAway = Math.max(longestAway, performance.now() - away)
        away = 0
        send({ action: 'joinroom', room: ROOM, id: 'join' })
      } else if (frame['action'] === 'ok' && frame['id'] === 'join') speak()
      else if (frame['action'] === 'ok' && frame['id'] === `${name}-${said}`) {
        acknowledged.push(`${name} ${said++}`)
        setTimeout(speak, PAUSE_MS)
      } else if (frame['action'] === 'error') {
        // Refused for now: the next connection tries again.
        socket.destroy()
      }
    }
    socket.setEncoding('utf8')
    socket.on('connect', () =>
      send({ action: 'connect', id: 'hello', username: name, protocol: 1, ...(session && { session }) }),
    )
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(JSON.parse(line) as Record<string, unknown>)
    })
    socket.on('error', error => {
      if ('code' in error && error.code === 'ECONNREFUSED') refused++
    })
    socket.on('close', () => {
      if (isOver) return
      if (isWelcome) {
        present--
        lost++
      }
      if (away === 0) away = performance.now()
      setTimeout(open, AGAIN_MS)
    })
  }
  open()
}

for (let n = 1; n <= Number(clients); n++) live(`load${n}`)
setTimeout(() => {
  isOver = true
  const load: Load = { acknowledged, attempts, refused, lost, longestAway: Math.round(longestAway), present }
  process.stdout.write(JSON.stringify(load), () => process.exit(0))
}, Number(seconds) * 1_000)
