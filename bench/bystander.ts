/**
 * `node bystander.ts PORT SECONDS`: a normal client among attackers. It says a message, pings and reads a page, one after the
 * other, while newcomers connect; after `begin` on its input it measures, and prints a {@link BystanderTimes}.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

/** Milliseconds of each request, in the order in which they were made. */
export interface BystanderTimes {
  readonly ack: number[]
  readonly ping: number[]
  readonly page: number[]
  /** From the connection of a newcomer to its welcome. */
  readonly newcomer: number[]
}

const OWN_ADDRESS = '127.0.0.10'
const PAUSE = 25
const NEWCOMER_PAUSE = 200
/** What takes longer counts as this long. */
const PATIENCE = 30_000

/** A full client that waits for one answer at a time. */
class Asking {
  readonly #socket: Socket
  #answered: (action: string) => void = () => undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    createInterface({ input: socket }).on('line', line => {
      const { action } = JSON.parse(line) as { readonly action: string }
      if (action === 'ok' || action === 'error' || action === 'welcome') this.#answered(action)
    })
  }

  static async open(port: number, username: string, localAddress: string): Promise<Asking> {
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
    socket.on('error', error => console.error(`bystander: ${error.message}`))
    await once(socket, 'connect')
    const client = new Asking(socket)
    await client.ask({ action: 'connect', username, protocol: 1 })
    return client
  }

  /** The time until the answer, ms. */
  async ask(frame: object): Promise<number> {
    const began = performance.now()
    const answered = new Promise<string>(resolve => {
      this.#answered = resolve
    })
    this.#socket.write(`${JSON.stringify({ id: `i${began}`, ...frame })}\n`)
    const action = await Promise.race([answered, wait(PATIENCE, 'nothing', { ref: false })])
    if (action === 'error') console.error(`bystander: an error to ${JSON.stringify(frame)}`)
    return performance.now() - began
  }

  close(): void {
    this.#socket.destroy()
  }
}

const [port = '0', seconds = '5'] = process.argv.slice(2)
const client = await Asking.open(Number(port), 'bystander', OWN_ADDRESS)
await client.ask({ action: 'joinroom', room: 'quiet' })
for (let n = 0; n < 40; n++) await client.ask({ action: 'chat', room: 'quiet', message: `before ${n}` })
await wait(2_000)
const times: BystanderTimes = { ack: [], ping: [], page: [], newcomer: [] }
console.log('ready')
await once(process.stdin, 'data')
const end = performance.now() + Number(seconds) * 1_000
await Promise.all([talk(), come()])
console.log(JSON.stringify(times))
process.exit(0)

/** Four messages a second, within the pace of one person. */
async function talk(): Promise<void> {
  for (let n = 0; performance.now() < end; n++) {
    if (n % 4 === 0)
      times.ack.push(await client.ask({ action: 'chat', room: 'quiet', message: `hello ${n}` }))
    times.ping.push(await client.ask({ action: 'ping' }))
    times.page.push(await client.ask({ action: 'history', room: 'quiet', limit: 30 }))
    await wait(2 * PAUSE)
  }
}

async function come(): Promise<void> {
  for (let n = 0; performance.now() < end; n++) {
    const began = performance.now()
    const newcomer = await Asking.open(Number(port), `newcomer${n}`, `127.0.1.${n % 250}`)
    times.newcomer.push(performance.now() - began)
    newcomer.close()
    await wait(NEWCOMER_PAUSE)
  }
}
