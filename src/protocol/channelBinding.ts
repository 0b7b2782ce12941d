import type { TLSSocket } from 'node:tls'

/** The label of RFC 9266, section 4.2. */
const LABEL = 'EXPORTER-Channel-Binding'
const BYTES = 32

/**
 * What both ends of a TLS connection derive from its secrets, and nobody between them: base64url. Undefined before TLS
 * 1.3, where the derivation does not bind the whole handshake.
 */
export function channelBinding(socket: TLSSocket): string | undefined {
  if (socket.getProtocol() !== 'TLSv1.3') return undefined
  return socket.exportKeyingMaterial(BYTES, LABEL, Buffer.alloc(0)).toString('base64url')
}
