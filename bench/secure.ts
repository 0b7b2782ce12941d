import { connect, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { DialectName } from './dialects.ts'

/**
 * A TLS connection to a server of the bench, once its handshake is done. nats-server says a line of its own in plain text
 * first; the others begin with the handshake.
 * @param onread takes what comes, in a shared buffer; without it, and with nats-server, there are `data` events
 */
export async function secured(port: number, dialect: DialectName, onread?: OnReadOpts): Promise<Socket> {
  const socket = dialect === 'nats' ? await upgraded(port) : direct(port, onread)
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket.removeAllListeners('error')
}

function direct(port: number, onread: OnReadOpts | undefined): TLSSocket {
  const options = {
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...(onread === undefined ? {} : { onread }),
  }
  return connectTls(options as ConnectionOptions).setNoDelay(true)
}

async function upgraded(port: number): Promise<TLSSocket> {
  const raw = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise((resolve, reject) => raw.once('data', resolve).once('error', reject))
  return connectTls({ socket: raw, rejectUnauthorized: false })
}
