import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import { ownKeyPair } from '../../src/server/tls/ownKeyPair.ts'
import { temporaryDirectory } from '../server/directory.ts'

/** A program in the place of the server, which keeps what it learns. */
export interface Impostor {
  readonly port: number
  /** Everything that it could read: what came after a handshake, or all bytes where it takes no TLS. */
  heard(): Buffer
  close(): Promise<void>
}

/** Takes the connections of clients with a certificate of its own, and relays what they say to the real server. */
export function manInTheMiddle(port: number, to: number): Promise<Impostor> {
  const pair = ownKeyPair(temporaryDirectory(), [])
  if (!pair.ok) throw new Error(pair.error)
  const { certificate: cert, key } = pair.value
  return impostor(
    port,
    serve => createTlsServer({ cert, key }, serve),
    (near, heard) => relay(near, to, heard),
  )
}

/** Takes no TLS: answers a hello as a chatd without TLS did, and would relay lines to a server that takes them. */
export function downgradingProxy(port: number, to: number): Promise<Impostor> {
  return impostor(
    port,
    serve => createServer(serve),
    (near, heard) => {
      near.once('data', hello => {
        heard(Buffer.from(hello))
        near.write('{"action":"error","code":"bad_frame","message":"the line is not UTF-8","from":"chatd"}\n')
        relay(near, to, heard)
      })
    },
  )
}

/** Answers everything with these bytes. */
export function answering(answer: string | Buffer, port = 0): Promise<Impostor> {
  return impostor(
    port,
    serve => createServer(serve),
    (near, heard) => {
      near.on('data', heard)
      near.once('data', () => near.write(answer))
    },
  )
}

/** Answers everything with these bytes, through TLS. */
export function answeringTls(answer: string, files: CertificateFiles, port = 0): Promise<Impostor> {
  const [cert, key] = [readFileSync(files.certificate), readFileSync(files.key)]
  return impostor(
    port,
    serve => createTlsServer({ cert, key }, serve),
    (near, heard) => {
      near.on('data', heard)
      near.once('data', () => near.end(answer))
    },
  )
}

async function impostor(
  port: number,
  make: (serve: (near: Socket) => void) => Server,
  serve: (near: Socket, heard: (bytes: Buffer) => void) => void,
): Promise<Impostor> {
  const chunks: Buffer[] = []
  const open = new Set<Socket>()
  const server = make(near => {
    near.on('error', () => undefined)
    serve(near, bytes => chunks.push(bytes))
  })
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(port, '0.0.0.0', resolve))
  const close = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
  onTestFinished(() => (server.listening ? close() : undefined))
  const address = server.address()
  const real = typeof address === 'object' && address !== null ? address.port : port
  return { port: real, heard: () => Buffer.concat(chunks), close }
}

function relay(near: Socket, to: number, heard: (bytes: Buffer) => void): void {
  const far = connect(to, '127.0.0.1')
  far.on('error', () => near.destroy())
  near.on('close', () => far.destroy())
  near.on('data', heard)
  near.pipe(far).pipe(near)
}

/** The paths of a certificate and its key. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** A certificate authority, made with openssl. */
export class Authority {
  readonly file: string
  readonly #directory: string
  #count = 0

  constructor(directory: string) {
    this.#directory = directory
    this.file = join(directory, 'authority.pem')
    const subject = ['-subj', '/CN=An authority', '-addext', 'basicConstraints=critical,CA:TRUE']
    const files = ['-keyout', join(directory, 'authority.key'), '-out', this.file]
    openssl('req', '-x509', '-days', '100', ...NEW_KEY, ...subject, ...files)
  }

  /** A certificate for names such as `IP:10.0.0.1` or `DNS:host`. @param days negative: it has expired */
  issue(names: string, days = 90): CertificateFiles {
    const path = (ending: string): string => join(this.#directory, `${this.#count}.${ending}`)
    this.#count++
    openssl('req', ...NEW_KEY, '-subj', '/CN=server', '-keyout', path('key'), '-out', path('request'))
    writeFileSync(path('names'), `subjectAltName=${names}\n`)
    const by = ['-CA', this.file, '-CAkey', join(this.#directory, 'authority.key'), '-CAcreateserial']
    const what = ['-in', path('request'), '-extfile', path('names'), '-out', path('pem')]
    openssl('x509', '-req', '-days', String(days), ...by, ...what)
    return { certificate: path('pem'), key: path('key') }
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' })
}
