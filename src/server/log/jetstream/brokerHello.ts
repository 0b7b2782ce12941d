import { connect } from 'node:net'
import { hostOf } from '../../brokers.ts'

const WITHIN = 1_000
const MAX_BYTES = 64 * 1024

/**
 * Whether a broker asks for a certificate, by its first line, which comes before TLS. It ends a connection without a good one only
 * after the handshake, and the library sees no more of that than that nothing comes.
 */
export function asksForCertificate(server: string): Promise<boolean> {
  const port = Number(/:(\d+)$/.exec(server)?.[1])
  const socket = connect({ host: hostOf(server), port, timeout: WITHIN })
  let hello = ''
  return new Promise(resolve => {
    const settle = (): void => {
      socket.destroy()
      resolve(/"tls_verify":\s*true/.test(hello))
    }
    socket.setEncoding('latin1').on('data', (text: string) => {
      hello += text
      if (hello.includes('\n') || hello.length > MAX_BYTES) settle()
    })
    for (const event of ['timeout', 'error', 'close']) socket.on(event, settle)
  })
}
