import { execFile } from 'node:child_process'
import { closeSync, writeSync } from 'node:fs'
import { endianness } from 'node:os'

/** What systemd is told; see sd_notify(3). */
export interface ServiceManager {
  /** Whether a service manager listens. */
  readonly isThere: boolean
  /** How often it wants a sign of life, ms; undefined: never. */
  readonly watchdogEvery: number | undefined
  ready(status: string): void
  status(status: string): void
  /** A start that takes long goes on for so many ms more. */
  extend(ms: number): void
  reloading(): void
  stopping(): void
  alive(): void
}

/** The manager that started this process, by its environment, which loses what is for this process alone. */
export function findServiceManager(env: NodeJS.ProcessEnv, warn: (reason: string) => void): ServiceManager {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
  const watchdog = isOurs && WATCHDOG_USEC !== undefined ? Number(WATCHDOG_USEC) / 1_000 : undefined
  const channel = NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '' ? undefined : open(NOTIFY_SOCKET, warn)
  const tell = (...lines: readonly string[]): void => channel?.send(lines.join('\n'))
  return {
    isThere: channel !== undefined,
    watchdogEvery: channel === undefined ? undefined : watchdog,
    ready: status => tell('READY=1', `STATUS=${status}`),
    status: status => tell(`STATUS=${status}`),
    extend: ms => tell(`EXTEND_TIMEOUT_USEC=${Math.round(ms * 1_000)}`),
    // systemd takes a reload for done by the next READY after this moment of its clock.
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`),
    stopping: () => tell('STOPPING=1'),
    alive: () => tell('WATCHDOG=1'),
  }
}

/** A way to the manager. */
interface Channel {
  send(text: string): void
}

function open(address: string, warn: (reason: string) => void): Channel {
  const socket = connectDatagram(address)
  if (typeof socket !== 'number') {
    warn(`${socket}; systemd-notify is started for each message instead`)
    return {
      send: text => {
        const env = { ...process.env, NOTIFY_SOCKET: address }
        execFile('systemd-notify', text.split('\n'), { env }, () => undefined)
      },
    }
  }
  return {
    send: text => {
      try {
        writeSync(socket, text)
      } catch (error) {
        warn(error instanceof Error ? error.message : String(error))
      }
    },
  }
}

/** Numbers of Linux: socket(2), unix(7). */
const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000

/**
 * A datagram socket that is connected to an address: Node has none for unix addresses, so the system's library makes it. The file
 * descriptor, or a sentence that says why there is none.
 */
function connectDatagram(address: string): number | string {
  if (process.platform !== 'linux') return 'only Linux has systemd'
  const ffi = quietly(() => process.getBuiltinModule('node:ffi') as typeof import('node:ffi') | undefined)
  if (ffi === undefined) return `Node ${process.versions.node} cannot call the system's library`
  try {
    using library = quietly(() =>
      ffi.dlopen(null, {
        socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
        connect: { return: 'i32', arguments: ['i32', 'pointer', 'u32'] },
      }),
    )
    const { socket, connect } = library.functions
    const made = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
    if (made < 0) return 'the system made no socket'
    const name = socketAddress(address)
    if (connect(made, name, name.length) === 0) return made
    closeSync(made)
    return `nothing listens on ${address}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A `sockaddr_un`; an address that begins with `@` has no file, which the kernel writes with a zero byte. */
function socketAddress(address: string): Buffer {
  const path = Buffer.from(address.startsWith('@') ? `\0${address.slice(1)}` : `${address}\0`)
  const family = Buffer.alloc(2)
  if (endianness() === 'LE') family.writeUInt16LE(AF_UNIX)
  else family.writeUInt16BE(AF_UNIX)
  return Buffer.concat([family, path])
}

/** Node warns of what is experimental, on standard error, which has the log. */
function quietly<T>(use: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return use()
  } finally {
    process.emitWarning = emitWarning
  }
}
