import { createServer, type Server, type Socket } from 'node:net'
import { type Result, success } from '../../protocol/errors.ts'
import type { Logger } from '../logger.ts'
import type { ListenAddress } from '../settings.ts'
import { listenOnHanded, listenOnPath, listenOnPort } from './listening.ts'

const SOCKETS = { allowHalfOpen: true, noDelay: true } as const

/** What {@link Listeners} work with. */
export interface ListenersOptions {
  readonly logger: Logger
  /** The permissions of unix sockets. */
  readonly socketMode: () => number
  readonly accept: (socket: Socket, isUnix: boolean) => void
  /** Accepting fails where the process has no file descriptors left; it can fail thousands of times a second. */
  readonly failed: (error: Error) => void
}

/** One address, and the server that listens there. */
interface Listener {
  /** With its real port. */
  readonly address: ListenAddress
  readonly server: Server
  readonly ipv6Only: boolean
  /** systemd made it, and keeps it. */
  readonly isHanded: boolean
}

/** The sockets on which a daemon listens. */
export class Listeners {
  readonly #options: ListenersOptions
  #listeners: readonly Listener[] = []
  #isPaused = false

  constructor(options: ListenersOptions) {
    this.#options = options
  }

  /** Where it listens, or listened before a pause, with the real ports. */
  get addresses(): readonly ListenAddress[] {
    return this.#listeners.map(({ address }) => address)
  }

  /** Whether systemd keeps sockets open while this daemon does not listen. */
  get hasHanded(): boolean {
    return this.#listeners.some(({ isHanded }) => isHanded)
  }

  /** Listens on all addresses, and on sockets that systemd handed over; a sentence where one fails. */
  async open(listen: readonly ListenAddress[], handed: readonly number[]): Promise<string | undefined> {
    for (const fd of handed) {
      const opened = await this.#open(server => listenOnHanded(server, fd), { isHanded: true })
      if (!opened.ok) return opened.error
      this.#listeners = [...this.#listeners, opened.value]
    }
    for (const address of listen) {
      // `[::]` takes IPv4 too, unless `0.0.0.0` of the same port is a listener of its own.
      const ipv6Only = listen.some(
        other =>
          'host' in other && 'host' in address && other.host === '0.0.0.0' && other.port === address.port,
      )
      const opened = await this.#listen(address, ipv6Only)
      if (!opened.ok) return opened.error
      this.#listeners = [...this.#listeners, opened.value]
    }
    return undefined
  }

  /** Closes its own sockets, so that others are refused at once. systemd keeps those that it handed over. */
  pause(): void {
    this.#isPaused = true
    for (const { server, isHanded } of this.#listeners) if (!isHanded) server.close()
  }

  /** Listens again where a pause closed; a sentence where that fails, and then it listens nowhere of its own. */
  async resume(): Promise<string | undefined> {
    const again: Listener[] = []
    for (const listener of this.#listeners) {
      const { address, ipv6Only, isHanded } = listener
      const opened = isHanded ? success(listener) : await this.#listen(address, ipv6Only)
      if (opened.ok) {
        again.push(opened.value)
        continue
      }
      for (const { server, isHanded: isKept } of again) if (!isKept) server.close()
      return opened.error
    }
    this.#listeners = again
    this.#isPaused = false
    return undefined
  }

  /** Closes all for good. */
  close(): void {
    for (const { server, isHanded } of this.#listeners) if (isHanded || !this.#isPaused) server.close()
  }

  #listen(address: ListenAddress, ipv6Only: boolean): Promise<Result<Listener, string>> {
    const { socketMode } = this.#options
    return this.#open(
      server =>
        'path' in address
          ? listenOnPath(server, address.path, socketMode())
          : listenOnPort(server, address, ipv6Only),
      { ipv6Only },
    )
  }

  async #open(
    listen: (server: Server) => Promise<Result<ListenAddress, string>>,
    { ipv6Only = false, isHanded = false }: { readonly ipv6Only?: boolean; readonly isHanded?: boolean },
  ): Promise<Result<Listener, string>> {
    const server = createServer(SOCKETS)
    const listening = await listen(server)
    if (!listening.ok) return listening
    const { accept, failed, logger } = this.#options
    const isUnix = 'path' in listening.value
    server.on('connection', socket => accept(socket, isUnix))
    server.on('error', failed)
    logger.info({ ...listening.value, pid: process.pid }, 'listening')
    return success({ address: listening.value, server, ipv6Only, isHanded })
  }
}
