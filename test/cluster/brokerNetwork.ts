import { execFileSync, spawnSync } from 'node:child_process'

/** Where a broker runs: an address, and what stands before its program. */
export interface BrokerHost {
  readonly address: string
  readonly prefix: readonly string[]
}

/** Each broker on a machine of its own: network namespaces on a bridge of this machine, whose ways to each other can be cut. */
export class BrokerNetwork {
  readonly hosts: readonly BrokerHost[]
  readonly #bridge: string
  readonly #names: readonly string[]

  constructor(count: number) {
    const number = process.pid % 16_000
    const net = `10.${64 + (number >> 8)}.${number & 0xff}`
    this.#bridge = `cb${number}`
    this.#names = Array.from({ length: count }, (_, at) => `cb${number}n${at}`)
    this.hosts = this.#names.map((name, at) => ({
      address: `${net}.${at + 2}`,
      prefix: ['ip', 'netns', 'exec', name],
    }))
    try {
      ip('link', 'add', this.#bridge, 'type', 'bridge')
      ip('addr', 'add', `${net}.1/24`, 'dev', this.#bridge)
      ip('link', 'set', this.#bridge, 'up')
      for (const [at, name] of this.#names.entries()) this.#add(name, at)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Whether this machine lets one be made. */
  static get isPossible(): boolean {
    const name = `cb${process.pid % 16_000}try`
    const made = process.getuid?.() === 0 && spawnSync('ip', ['netns', 'add', name]).status === 0
    if (made) ip('netns', 'del', name)
    return made
  }

  /** Cuts one broker from the others; this machine reaches it as before. */
  cut(at: number): void {
    this.#routes(at, 'add')
  }

  /** Takes {@link cut} back. */
  heal(at: number): void {
    this.#routes(at, 'del')
  }

  close(): void {
    for (const name of this.#names) spawnSync('ip', ['netns', 'del', name])
    spawnSync('ip', ['link', 'del', this.#bridge])
  }

  #add(name: string, at: number): void {
    const [here, there] = [`${this.#bridge}v${at}`, 'eth0']
    ip('netns', 'add', name)
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name)
    ip('link', 'set', here, 'master', this.#bridge, 'up')
    ip('-n', name, 'addr', 'add', `${this.hosts[at]?.address}/24`, 'dev', there)
    ip('-n', name, 'link', 'set', there, 'up')
    ip('-n', name, 'link', 'set', 'lo', 'up')
  }

  #routes(at: number, verb: 'add' | 'del'): void {
    const name = this.#names[at] ?? ''
    this.hosts.forEach(({ address }, other) => {
      if (other !== at) ip('-n', name, 'route', verb, 'blackhole', `${address}/32`)
    })
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
