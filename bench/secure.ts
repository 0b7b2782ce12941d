import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { DialectName } from './dialects.ts'

/**
 * A TLS connection to a server of the bench, once its handshake is done. nats-server says a line of its own in plain text
 * first; the others begin with the handshake.
 */
export async function secured(port: number, dialect: DialectName): Promise<Socket> {
  const raw = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise((resolve, reject) =>
    raw.once(dialect === 'nats' ? 'data' : 'connect', resolve).once('error', reject),
  )
  const socket = connectTls({ socket: raw, rejectUnauthorized: false })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket.removeAllListeners('error')
}
