/**
 * Runs in the machine: `people.ts NAME…`. Each name connects and joins the room dev; the last one is connection c412, and gets seven
 * errors there by talking in a room that it did not join. Prints the sentence of the seventh, and stays until it is stopped.
 */
import { connect, type Socket } from 'node:net'

const ADDRESS = { host: '127.0.0.1', port: 9011 }
const LAST = 412
const ERRORS = 7

type Frame = Readonly<Record<string, unknown>>

/** A client that answers questions one after the other. */
class Person {
  readonly #socket: Socket
  readonly #waiting = new Map<string, (frame: Frame) => void>()
  #rest = ''
  #asked = 0

  constructor() {
    this.#socket = connect(ADDRESS)
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#take(JSON.parse(line) as Frame)
    })
  }

  #take(frame: Frame): void {
    this.#waiting.get(String(frame['id']))?.(frame)
  }

  ask(frame: Frame): Promise<Frame> {
    const id = `q${++this.#asked}`
    this.#socket.write(`${JSON.stringify({ ...frame, id })}\n`)
    return new Promise(resolve => this.#waiting.set(id, resolve))
  }

  /** The sentence of an error. */
  async fail(): Promise<string> {
    return String((await this.ask({ action: 'chat', room: 'elsewhere', message: 'hello?' }))['message'])
  }

  async enter(name: string): Promise<void> {
    await this.ask({ action: 'connect', username: name, protocol: 1 })
    await this.ask({ action: 'joinroom', room: 'dev' })
  }
}

/** A connection that counts and does nothing else. */
function knock(): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(ADDRESS, () => socket.end('\n'))
    socket.resume().on('close', () => resolve())
  })
}

const names = process.argv.slice(2)
let at = 0
for (const name of names.slice(0, -1)) {
  const person = new Person()
  await person.enter(name)
  at = Number(/\(c(\d+)-1\)/.exec(await person.fail())?.[1])
}
while (++at < LAST) await knock()
const last = new Person()
await last.enter(names.at(-1) ?? '')
let said = ''
for (let n = 0; n < ERRORS; n++) said = await last.fail()
process.stdout.write(`${said}\n`)
