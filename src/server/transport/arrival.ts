import type { Socket } from 'node:net'
import { addressGroup } from '../address.ts'
import { readProxyHeader, startsWithProxyHeader } from './proxyHeader.ts'

/** The type of a TLS record that carries a handshake (RFC 8446, section 5.1). No line begins with this byte. */
const HANDSHAKE = 0x16
const RECORD_HEADER_BYTES = 5
/** The longest record of a hello (RFC 8446, section 5.1). */
const MAX_RECORD_BYTES = 16_384
const NOTHING = Buffer.alloc(0)

/** What an {@link Arrival} tells; everything but `proxied` ends its work. */
export interface ArrivalWatcher {
  /** A proxy named the address of the client. */
  proxied(arrival: Arrival): void
  /** A whole hello of TLS has come: its handshake takes its turn. */
  hello(arrival: Arrival, hello: Buffer): void
  /** Its first bytes are a line. */
  line(arrival: Arrival, first: Buffer): void
  /** It came in another way than it must; the reason is a sentence. */
  wrong(arrival: Arrival, reason: string): void
  /** The peer closed the connection, or its sending side, before its first byte. */
  gone(arrival: Arrival): void
}

/**
 * A connection until its first bytes have told what it is: the header of a proxy, where it comes from one, and then TLS or
 * a line. A hello is gathered whole, so that half of one costs only its bytes.
 */
export class Arrival {
  readonly socket: Socket
  readonly openedAt = performance.now()
  /** The address of the socket's own peer; undefined for a unix socket. */
  readonly peer: string | undefined
  /** The address for the log: that of the peer, or the one that its proxy names. */
  address: string
  /** The group of addresses whose limit counts; undefined for unix sockets, and for proxies until they name a client. */
  group: string | undefined
  /** Whether nothing came from it so far. */
  isSilent = true
  /** Whether there was room for it when it came. */
  hasPlace = false
  /** Whether it was told why it is not let in. */
  isRefused = false
  readonly #watcher: ArrivalWatcher
  #awaitsProxy: boolean
  #input: Buffer = NOTHING

  /** @param isProxied whether the peer is a proxy */
  constructor(socket: Socket, peer: string | undefined, isProxied: boolean, watcher: ArrivalWatcher) {
    this.socket = socket
    this.peer = peer
    this.address = peer ?? 'unix'
    this.group = peer === undefined || isProxied ? undefined : addressGroup(peer)
    this.#awaitsProxy = isProxied
    this.#watcher = watcher
  }

  /** Reads until the first bytes tell what it is. */
  open(): void {
    this.socket.on('data', this.#received)
    this.socket.on('end', this.#ended)
    // The close that follows is enough.
    this.socket.on('error', () => undefined)
  }

  readonly #received = (chunk: Buffer | string): void => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    this.isSilent = false
    this.#input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes])
    if (this.#awaitsProxy && !this.#readProxyHeader()) return
    const [first] = this.#input
    if (first === undefined) return
    if (first === HANDSHAKE) {
      if (!isWholeHello(this.#input)) return
      this.#watcher.hello(this, this.#release())
      return
    }
    const proxy = startsWithProxyHeader(this.#input)
    // A carriage return can begin an empty line, which must not wait for a second one.
    if (proxy === 'unclear' && first !== 0x0d) return
    const input = this.#release()
    if (proxy === true)
      this.#watcher.wrong(
        this,
        `a PROXY header came from ${this.peer ?? 'a unix socket'}, which --proxy-from does not name`,
      )
    else this.#watcher.line(this, input)
  }

  readonly #ended = (): void => {
    this.#release()
    this.#watcher.gone(this)
  }

  /** Whether the header is read; what comes from the client itself is left then. */
  #readProxyHeader(): boolean {
    const header = readProxyHeader(this.#input)
    if (header === undefined) return false
    if (!header.ok) {
      this.#release()
      this.#watcher.wrong(
        this,
        `${this.peer} is a proxy, and its PROXY header cannot be read: ${header.error}`,
      )
      return false
    }
    this.#awaitsProxy = false
    this.#input = this.#input.subarray(header.value.length)
    if (header.value.source !== undefined) {
      this.address = header.value.source
      this.group = addressGroup(header.value.source)
      this.#watcher.proxied(this)
    }
    return true
  }

  /** Leaves the socket to others, without reading on, and gives what was read: this object may stay as long as the socket. */
  #release(): Buffer {
    const input = this.#input
    this.#input = NOTHING
    this.socket.pause()
    this.socket.off('data', this.#received)
    this.socket.off('end', this.#ended)
    return input
  }
}

function isWholeHello(input: Buffer): boolean {
  if (input.length < RECORD_HEADER_BYTES) return false
  const length = input.readUInt16BE(3)
  // TLS itself refuses a longer one.
  return length > MAX_RECORD_BYTES || input.length >= RECORD_HEADER_BYTES + length
}
