import { execFileSync, spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'

const hasIp = spawnSync('ip', ['-V']).status === 0

/** Whether this machine lets the tests make a network of their own; says so where it does not. */
export function canMakeNetworks(): boolean {
  const can = hasIp && process.getuid?.() === 0 && tried()
  if (!can)
    console.warn(
      'SKIPPED: no network namespaces here (they need root and iproute2); TLS is tested on loopback alone',
    )
  return can
}

let count = 0

/** A second machine: a network namespace, tied to this one by a cable. It goes with the test. */
export class FarMachine {
  /** The address of this machine as the other one sees it. */
  readonly near: string
  readonly nearIpv6: string
  /** The address of the other machine. */
  readonly far: string
  readonly #name: string
  readonly #device: string

  constructor() {
    const number = ((process.pid % 4_000) * 16 + (count++ % 16)) % 64_000
    this.#name = `chat${number}`
    const [high, low] = [number >> 8, number & 0xff]
    this.near = `10.${100 + (high >> 4)}.${((high & 15) << 4) + (low >> 4)}.${((low & 15) << 4) + 1}`
    this.far = this.near.replace(/\d+$/, last => String(Number(last) + 1))
    this.nearIpv6 = `fd77:${number.toString(16)}::1`
    const [here, there] = [`n${number}`, `f${number}`]
    this.#device = there
    run('netns', 'add', this.#name)
    onTestFinished(() => run('netns', 'del', this.#name))
    run('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', this.#name)
    run('addr', 'add', `${this.near}/28`, 'dev', here)
    run('addr', 'add', `${this.nearIpv6}/64`, 'dev', here, 'nodad')
    run('link', 'set', here, 'up')
    this.#run('addr', 'add', `${this.far}/28`, 'dev', there)
    this.#run('addr', 'add', this.nearIpv6.replace(/1$/, '2/64'), 'dev', there, 'nodad')
    this.#run('link', 'set', there, 'up')
    this.#run('link', 'set', 'lo', 'up')
  }

  /** What runs a program on the other machine: it stands before the program. */
  get prefix(): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#name]
  }

  /** Another address of the other machine, in the same network. */
  addIpv6(host: number): string {
    const address = this.nearIpv6.replace(/1$/, String(host))
    this.#run('addr', 'add', `${address}/64`, 'dev', this.#device, 'nodad')
    return address
  }

  /** Packets to and from this address go nowhere from now on. */
  remove(address: string): void {
    this.#run('addr', 'del', `${address}/64`, 'dev', this.#device)
  }

  #run(...args: readonly string[]): void {
    run('-n', this.#name, ...args)
  }
}

function run(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function tried(): boolean {
  const name = `chat-try-${process.pid}`
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return false
  spawnSync('ip', ['netns', 'del', name])
  return true
}
