/**
 * Tries passwords from many addresses of loopback, of many names. Usage: `node guessingFlood.ts PORT AT_ONCE SECONDS`.
 * Begins at a line on standard input; prints how many were checked, and how many were held off.
 */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const [port = 0, atOnce = 0, seconds = 0] = process.argv.slice(2).map(Number)
let begun = 0
let connected = 0
let until = 0
let checked = 0
let heldOff = 0

/** One connection, with as many tries as the server gives it. */
function guess(): Promise<void> {
  return new Promise(resolve => {
    const number = connected++
    const localAddress = `127.${1 + (number % 200)}.${(number >> 3) % 200}.${1 + (number % 250)}`
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    const next = (): void => {
      if (performance.now() >= until) return void socket.destroy()
      const username = `name${begun++ % 5_000}`
      socket.write(
        `${JSON.stringify({ action: 'connect', username, protocol: 1, password: `guess ${begun}` })}\n`,
      )
    }
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.on('connect', next)
    createInterface({ input: socket })
      .on('line', line => {
        if (line.includes('"fatal":true')) socket.destroy()
        if (line.includes('"rate_limited"')) heldOff++
        else checked++
        next()
      })
      .on('error', () => undefined)
  })
}

async function flood(): Promise<void> {
  while (performance.now() < until) await guess()
}

process.stdin.once('data', async () => {
  until = performance.now() + seconds * 1_000
  await Promise.all(Array.from({ length: atOnce }, flood))
  process.stdout.write(`${checked} ${heldOff}\n`, () => process.exit(0))
})
