import { AsyncLocalStorage } from 'node:async_hooks'
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'
import { failure, type Result, success } from '../../protocol/errors.ts'
import type { Logger } from '../logger.ts'
import type { KeyPair } from './keyPair.ts'

/** From so many days before its end on, the log tells once a day that a certificate ends. */
const WARN_DAYS = 21
const DAY_MS = 86_400_000
/**
 * TLS gets a hello in parts of this size. Node's first buffer for a connection's input has 1,024 bytes, or those of the first
 * part; a part that fills it brings a second one of 16 KiB, which stays: 57 KiB an idle connection instead of 45.
 */
const HELLO_PART_BYTES = 1_000

/** Where a {@link TlsServer} has its certificate from. */
export interface KeyPairSource {
  /** The pair as it is now; the error is a sentence. */
  load(): Result<KeyPair, string>
  /** Differs once there is another pair; absent where the pair never changes. */
  version?(): string
}

/** How a {@link TlsServer} works. */
export interface TlsOptions {
  readonly source: KeyPairSource
  readonly logger: Logger
  /** How long a handshake may take, ms. */
  readonly handshakeTimeout: number
  /** How often the source is asked for another version, ms. */
  readonly pollEvery: number
}

/** Called once with the encrypted socket, or with the reason why there is none; the socket below is closed then. */
type Secured = (result: Result<TLSSocket, string>) => void

/**
 * The server's side of TLS, on sockets that were accepted elsewhere. Loads its certificate when it is first needed: a
 * daemon that only local clients use makes none.
 */
export class TlsServer {
  readonly #options: TlsOptions
  /** Which handshake an event of the server belongs to. */
  readonly #handshake = new AsyncLocalStorage<Secured>()
  #server: Server | undefined
  #pair: KeyPair | undefined
  /** The version of the source that was loaded last, also where it was refused. */
  #version: string | undefined
  /** The reason for which there is no certificate, as it was logged last. */
  #missing: string | undefined
  readonly #timers: NodeJS.Timeout[] = []

  constructor(options: TlsOptions) {
    this.#options = options
  }

  /** The pair that new connections get; undefined: none was needed yet. */
  get shown(): KeyPair | undefined {
    return this.#pair
  }

  /** The pair that new connections get, loaded if it was not yet; the error is a sentence. */
  open(): Result<KeyPair, string> {
    if (this.#pair !== undefined) return success(this.#pair)
    this.#version = this.#options.source.version?.()
    const loaded = this.#options.source.load()
    if (!loaded.ok) return loaded
    this.#serve(loaded.value)
    this.#timers.push(
      setInterval(() => this.#poll(), this.#options.pollEvery).unref(),
      setInterval(() => this.#noteEnd(), DAY_MS).unref(),
    )
    return loaded
  }

  /**
   * Makes an encrypted socket, which may be half open, of a paused one.
   * @param hello what was read of it
   */
  secure(socket: Socket, hello: Buffer, secured: Secured): void {
    const opened = this.open()
    if (!opened.ok) {
      this.#noteMissing(opened.error)
      socket.destroy()
      return
    }
    // Half open, Node would not see that a peer goes away during its handshake.
    socket.allowHalfOpen = false
    const settle: Secured = result => {
      if (result.ok) {
        socket.allowHalfOpen = true
        result.value.allowHalfOpen = true
      }
      secured(result)
    }
    // Node reads what the socket holds in the next tick, before the stream itself would let it flow away.
    this.#handshake.run(settle, () => this.#server?.emit('connection', socket))
    for (let end = hello.length; end > 0; end -= HELLO_PART_BYTES)
      socket.unshift(hello.subarray(Math.max(0, end - HELLO_PART_BYTES), end))
    // Flowing, it gives one part after the other; paused, all in one.
    socket.resume()
  }

  /** The log has each reason once: every hello could bring it again. */
  #noteMissing(reason: string): void {
    if (reason === this.#missing) return
    this.#missing = reason
    this.#options.logger.error({ reason }, 'there is no certificate')
  }

  /**
   * Loads the certificate again. Gives a function that takes it for new connections: a reload changes all, or, where anything is
   * wrong, nothing. The error is a sentence.
   */
  prepareReload(): Result<() => void, string> {
    // None was needed yet: the first connection that wants TLS loads it.
    if (this.#pair === undefined) return success(() => undefined)
    const version = this.#options.source.version?.()
    const loaded = this.#options.source.load()
    if (loaded.ok) return success(() => this.#take(loaded.value, version))
    this.#version = version
    return loaded
  }

  /** Stops looking for other certificates. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  #poll(): void {
    const version = this.#options.source.version?.()
    if (version !== this.#version) this.#renew(version)
  }

  #renew(version: string | undefined): void {
    this.#version = version
    const { logger, source } = this.#options
    const loaded = source.load()
    if (!loaded.ok) {
      logger.error(
        { reason: loaded.error },
        'the certificate was not taken; connections still get the one before',
      )
      return
    }
    this.#take(loaded.value, version)
  }

  #take(pair: KeyPair, version: string | undefined): void {
    this.#version = version
    const isSame = pair.certificate === this.#pair?.certificate
    this.#serve(pair)
    if (!isSame) this.#options.logger.info(described(pair), 'another certificate, for new connections')
  }

  #serve(pair: KeyPair): void {
    this.#pair = pair
    const context = contextOf(pair)
    if (this.#server === undefined) {
      this.#server = createServer({ ...context, handshakeTimeout: this.#options.handshakeTimeout })
      this.#server.on('secureConnection', socket => this.#handshake.getStore()?.(success(socket)))
      this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
        // Node leaves it open, also after the handshake's time.
        socket.destroy()
        this.#handshake.getStore()?.(failure(error.code ?? error.message))
      })
    } else this.#server.setSecureContext(context)
    this.#noteEnd()
  }

  #noteEnd(): void {
    const pair = this.#pair
    if (pair === undefined) return
    const { logger } = this.#options
    const now = Date.now()
    const days = Math.floor((pair.validTo.getTime() - now) / DAY_MS)
    const told = { event: 'tls_expiry', days, ...described(pair) }
    if (pair.validFrom.getTime() > now) {
      logger.error(described(pair), 'the certificate is not valid yet; check the clock of this machine')
    } else if (days < 0) {
      logger.error(told, 'the certificate has expired, and clients refuse it; renew it')
    } else if (days <= WARN_DAYS) {
      logger.warn(told, `the certificate ends in ${days} days; renew it`)
    }
  }
}

/** In the order of preference. AES with 128 bits is as safe here as with 256, and costs a fifth less. */
const CIPHERS = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
]

/** TLS 1.3, and 1.2 for older programs. Without tickets a handshake costs less, and no key has to be kept from restarts. */
function contextOf({ certificate, key }: KeyPair): SecureContextOptions {
  const {
    SSL_OP_NO_RENEGOTIATION,
    SSL_OP_NO_COMPRESSION,
    SSL_OP_NO_TICKET,
    SSL_OP_CIPHER_SERVER_PREFERENCE,
  } = constants
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS.join(':'),
    secureOptions:
      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE,
  }
}

function described({ fingerprint, validFrom, validTo }: KeyPair): Readonly<Record<string, string>> {
  return { fingerprint, validFrom: validFrom.toISOString(), validTo: validTo.toISOString() }
}
