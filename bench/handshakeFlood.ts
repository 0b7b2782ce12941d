/**
 * Opens TLS connections as fast as the server lets it, and closes each after its handshake. Usage: `node
 * handshakeFlood.ts PORT AT_ONCE SECONDS`. Begins at a line on standard input; prints how many handshakes were done.
 */
import { secured } from './secure.ts'

const [port = 0, atOnce = 0, seconds = 0] = process.argv.slice(2).map(Number)
let count = 0

async function flood(until: number): Promise<void> {
  while (performance.now() < until) {
    try {
      const socket = await secured(port, 'plain')
      socket.on('error', () => undefined)
      socket.destroy()
      count++
    } catch {
      // Refused, or cut: the next one.
    }
  }
}

process.stdin.once('data', async () => {
  const until = performance.now() + seconds * 1_000
  await Promise.all(Array.from({ length: atOnce }, () => flood(until)))
  process.stdout.write(`${count}\n`, () => process.exit(0))
})
