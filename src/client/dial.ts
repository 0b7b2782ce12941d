import { connect, isIP, type Socket } from 'node:net'
import {
  checkServerIdentity,
  connect as connectTls,
  getCACertificates,
  type TLSSocket,
  type ConnectionOptions as TlsOptions,
} from 'node:tls'
import { errorReason } from '../files/errorCode.ts'
import { fingerprintOf } from '../protocol/fingerprint.ts'
import { type ServerAddress, socketPath } from './serverAddress.ts'
import type { Doubt, Presented, Trust, Verdict } from './trust.ts'

/** How to reach a server. */
export interface DialOptions extends ServerAddress {
  /** The name that the certificate has to be for; by default the host. */
  readonly name?: string
  /** Undefined: in plain text. */
  readonly trust: Trust | undefined
  /** Whether the client will send a secret. */
  readonly hasSecret: boolean
  /** What the secret is, for a sentence. */
  readonly secret?: string
}

/** What a {@link Dialing} tells, once. */
export interface DialWatcher {
  /** The server is the right one: the socket is the caller's. `presented`: what the server showed, with TLS. */
  opened(socket: Socket, presented: Presented | undefined): void
  /** The user must act; nothing was sent. */
  refused(refusal: Extract<Verdict, { kind: 'refused' }>): void
  /** It can succeed later; the reason is a part of a sentence. Nothing was sent. */
  failed(reason: string): void
}

/** Errors of OpenSSL at an answer that is no TLS. */
const NO_TLS: ReadonlySet<string | undefined> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNEXPECTED_MESSAGE',
  'ERR_SSL_INVALID_ALERT',
  'ERR_SSL_BAD_RECORD_TYPE',
  'ERR_SSL_HTTP_REQUEST',
])
/** Errors at a server that knows only TLS 1.1 or older, or no cipher of ours. */
const OLD_TLS: ReadonlySet<string | undefined> = new Set([
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
])
/** Reasons of OpenSSL (openssl-verification-options) that other authorities can mend. */
const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
])

/**
 * Opens a connection to a server, in plain text or with TLS. With TLS nothing but the handshake is sent before the
 * server's key is judged, and there is no way back to plain text.
 */
export class Dialing {
  readonly #options: DialOptions
  readonly #watcher: DialWatcher
  #socket: Socket | undefined

  constructor(options: DialOptions, watcher: DialWatcher) {
    this.#options = options
    this.#watcher = watcher
    if (options.trust === undefined) this.#plain()
    else this.#encrypted(options.trust, options.trust.authorities)
  }

  /** Gives up; nothing is told any more. */
  stop(): void {
    const socket = this.#release()
    socket?.on('error', () => undefined)
    socket?.destroy()
  }

  get #name(): string {
    return this.#options.name ?? this.#options.host
  }

  #plain(): void {
    const { host, port } = this.#options
    const path = socketPath(host)
    const socket = connect(path === undefined ? { host, port, noDelay: true, keepAlive: true } : { path })
    this.#watch(socket)
    socket.on('connect', () => this.#opened(undefined))
  }

  /** @param authorities those that count; undefined: the ones that Node brings */
  #encrypted(trust: Trust, authorities: TlsOptions['ca']): void {
    const { host, port } = this.#options
    const name = this.#name
    const socket = connectTls({
      host,
      port,
      // Server names must not be addresses (RFC 6066, section 3).
      servername: isIP(name) === 0 ? name.replace(/\.$/, '') : '',
      minVersion: 'TLSv1.2',
      // Judged below, by the pinned key first.
      rejectUnauthorized: false,
      ...(authorities === undefined ? {} : { ca: authorities }),
    })
    this.#watch(socket)
    socket.on('secureConnect', () => this.#shown(socket, trust, authorities))
  }

  #shown(socket: TLSSocket, trust: Trust, authorities: TlsOptions['ca']): void {
    const presented = presentedBy(socket, this.#name)
    if (presented === undefined) return this.#failed('the server showed no certificate')
    const mayBeKnownToSystem =
      authorities === undefined &&
      UNKNOWN_ISSUER.has(errorReason(socket.authorizationError)) &&
      !trust.isPinned(presented.fingerprint)
    if (mayBeKnownToSystem) {
      this.stop()
      // Reading the system's authorities takes about 0.1 s, so they are asked last.
      return this.#encrypted(trust, [...getCACertificates('default'), ...getCACertificates('system')])
    }
    const { hasSecret, secret } = this.#options
    const verdict = trust.judge(presented, hasSecret, secret)
    if (verdict.kind === 'trusted') {
      socket.setNoDelay(true)
      socket.setKeepAlive(true)
      return this.#opened(presented)
    }
    this.stop()
    if (verdict.kind === 'refused') this.#watcher.refused(verdict)
    else this.#watcher.failed(verdict.reason)
  }

  #watch(socket: Socket): void {
    this.#socket = socket
    socket.on('error', (error: NodeJS.ErrnoException) => this.#failed(this.#reasonOf(error)))
    socket.on('close', () => this.#failed('the server closed the connection at once'))
  }

  #opened(presented: Presented | undefined): void {
    const socket = this.#release()
    if (socket !== undefined) this.#watcher.opened(socket, presented)
  }

  #failed(reason: string): void {
    this.stop()
    this.#watcher.failed(reason)
  }

  /** Leaves the socket to others. */
  #release(): Socket | undefined {
    const socket = this.#socket
    this.#socket = undefined
    socket?.removeAllListeners('error').removeAllListeners('close')
    socket?.removeAllListeners('connect').removeAllListeners('secureConnect')
    return socket
  }

  #reasonOf(error: NodeJS.ErrnoException): string {
    if (NO_TLS.has(error.code))
      return 'the server does not speak TLS, and nothing was sent: an older chatd must be upgraded (or use --plaintext, which anyone between you and the server can read); otherwise check the port, and whether this network wants you to sign in'
    if (OLD_TLS.has(error.code))
      return 'the server speaks only an older TLS than 1.2; its operator must upgrade it'
    if (error.code === 'ECONNRESET' && this.#options.trust !== undefined)
      return 'the server closed the connection during the TLS handshake: is it chatd, and the right port?'
    if (error.code === 'ENOENT') return 'no server listens there: there is no such socket'
    return reasonOfSocket(error)
  }
}

function presentedBy(socket: TLSSocket, host: string): Presented | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  return { fingerprint: fingerprintOf(certificate), doubt: doubtOf(socket, host) }
}

function doubtOf(socket: TLSSocket, host: string): Doubt | undefined {
  if (!socket.authorized) {
    const code = errorReason(socket.authorizationError)
    const certificate = socket.getPeerX509Certificate()
    if (code === 'CERT_HAS_EXPIRED')
      return {
        kind: 'time',
        reason: `expired on ${dayOf(certificate?.validToDate)}: its operator must renew it (this machine's clock says ${dayOf(new Date())})`,
      }
    if (code === 'CERT_NOT_YET_VALID')
      return {
        kind: 'time',
        reason: `is valid only from ${dayOf(certificate?.validFromDate)} on: check the clock of this machine, which says ${dayOf(new Date())}`,
      }
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return forOtherNames(host)
    const isIssuer = UNKNOWN_ISSUER.has(code) || code === 'DEPTH_ZERO_SELF_SIGNED_CERT'
    return isIssuer
      ? { kind: 'issuer', reason: 'no known authority made its certificate' }
      : { kind: 'other', reason: `its certificate is not accepted (${code})` }
  }
  // Node may leave this check out where it does not reject by itself.
  const isForHost = checkServerIdentity(host, socket.getPeerCertificate()) === undefined
  return isForHost ? undefined : forOtherNames(host)
}

function forOtherNames(host: string): Doubt {
  return { kind: 'name', reason: `its certificate is for other names than ${host}` }
}

function dayOf(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? 'an unknown day'
}

/** Why a socket failed, as a part of a sentence. */
export function reasonOfSocket(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'no server listens there'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name of the server is not known'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection broke'
    case 'ETIMEDOUT':
      return 'the server cannot be reached'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to the server'
    case 'EACCES':
      return 'this account may not connect there'
    default:
      return error.message
  }
}
