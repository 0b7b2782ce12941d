import { chmodSync, existsSync, fstatSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { MAX_SOCKET_PATH_BYTES, showAddress } from '../address.ts'
import type { ListenAddress, TcpAddress, UnixAddress } from '../settings.ts'

const ACCEPT_BACKLOG = 4_096

/**
 * Listens on a port.
 * @param ipv6Only leaves the IPv4 addresses of the port to another listener
 * @param flag what named the address, for error sentences
 * @returns the address with its real port; the error is a sentence
 */
export function listenOnPort(
  server: Server,
  address: TcpAddress,
  ipv6Only: boolean,
  flag = '--listen',
): Promise<Result<TcpAddress, string>> {
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(failure(portProblem(address, error, flag))),
    )
    server.listen({ ...address, backlog: ACCEPT_BACKLOG, ipv6Only }, () => {
      server.removeAllListeners('error')
      const { address: host, port } = server.address() as AddressInfo
      resolve(success({ host, port }))
    })
  })
}

/** Listens on a socket that systemd handed over, as a file descriptor; the error is a sentence. */
export function listenOnHanded(server: Server, fd: number): Promise<Result<ListenAddress, string>> {
  return new Promise(resolve => {
    server.once('error', error =>
      resolve(failure(`descriptor ${fd} that systemd handed over cannot be listened on: ${error.message}`)),
    )
    server.listen({ fd, backlog: ACCEPT_BACKLOG }, () => {
      server.removeAllListeners('error')
      const address = server.address()
      const isPort = typeof address === 'object' && address !== null
      resolve(success(isPort ? { host: address.address, port: address.port } : { path: pathOf(fd) }))
    })
  })
}

/** The path of a unix socket that this process did not make: Node does not tell it, the kernel does, by the inode. */
function pathOf(fd: number): string {
  try {
    const inode = String(fstatSync(fd).ino)
    for (const line of readFileSync('/proc/self/net/unix', 'utf8').split('\n')) {
      const [, , , , , , number, path] = line.trim().split(/\s+/)
      if (number === inode && path !== undefined) return path
    }
  } catch {
    // It is shown by its number then.
  }
  return `descriptor ${fd}`
}

/**
 * Listens on a unix socket. One that a killed daemon left behind is replaced; one on which a program listens is not.
 * @param mode its permissions, from the first moment on
 * @param flag what named the address, for error sentences
 * @returns the address; the error is a sentence
 */
export async function listenOnPath(
  server: Server,
  path: string,
  mode: number,
  flag = '--listen',
): Promise<Result<UnixAddress, string>> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES)
    return failure(
      `${path} is too long for a socket: at most ${MAX_SOCKET_PATH_BYTES} bytes; choose a shorter path`,
    )
  const obstacle = await clearPath(path, flag)
  if (obstacle !== undefined) return failure(obstacle)
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(failure(pathProblem(path, error, flag))))
    const before = process.umask(0o777 & ~mode)
    server.listen({ path, backlog: ACCEPT_BACKLOG }, () => {
      server.removeAllListeners('error')
      // A socket of its own has all permissions that the umask leaves, execution too.
      chmodSync(path, mode)
      resolve(success({ path }))
    })
    process.umask(before)
  })
}

/** Removes a socket on which no program listens; a sentence where something else has the path. */
async function clearPath(path: string, flag: string): Promise<string | undefined> {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found === undefined) return undefined
    if (!found.isSocket()) return `${path} exists and is no socket; choose another path with ${flag}`
    if (await isServed(path))
      return `unix:${path} is taken: another program listens there; stop it, or choose another path with ${flag}`
    rmSync(path)
    return undefined
  } catch (error) {
    return pathProblem(path, error instanceof Error ? error : new Error(String(error)), flag)
  }
}

function isServed(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ path })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // Only a refused connection says that no program listens; a program may also be busy, or keep others out.
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
  })
}

function portProblem(address: TcpAddress, error: NodeJS.ErrnoException, flag: string): string {
  const shown = showAddress(address)
  switch (error.code) {
    case 'EADDRINUSE':
      return `${shown} is taken: another program listens there; stop it, or choose another address with ${flag}`
    case 'EACCES':
      return `${shown} may not be used: ports below 1024 need a privilege; choose a higher one with ${flag}`
    case 'EADDRNOTAVAIL':
      return `${address.host} is no address of this machine; choose one of its own with ${flag}`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${address.host} is not known; check the name after ${flag}`
    default:
      return `cannot listen on ${shown}: ${error.message}`
  }
}

function pathProblem(path: string, error: NodeJS.ErrnoException, flag: string): string {
  // Node tells EACCES for this too.
  if (!existsSync(dirname(path)))
    return `the directory of ${path} does not exist; make it, or choose another path with ${flag}`
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return `chatd may not make a socket at ${path}; change the directory's owner, or choose another path with ${flag}`
    default:
      return `cannot listen on unix:${path}: ${error.message}`
  }
}
