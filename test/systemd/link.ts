import { execFileSync } from 'node:child_process'
import type { Machine } from './machine.ts'

/** An address of a documentation network: neither loopback nor private, so that chatd takes its clients for strangers. */
export function address(host: number): string {
  return `192.0.2.${host}`
}

/** Puts two machines on a network of their own, on which the first is chat.example.org. */
export async function connected(server: Machine, other: Machine): Promise<void> {
  const [here, there] = [String(server.leader), String(other.leader)]
  // Straight into the machines: this machine never has the interfaces.
  const pair = ['type', 'veth', 'peer', 'name', 'host0', 'netns', there]
  execFileSync('ip', ['link', 'add', 'host0', 'netns', here, ...pair])
  for (const [index, machine] of [server, other].entries()) {
    // By the programs of this machine: a bare one has no ip.
    const ip = (...args: readonly string[]): Buffer =>
      execFileSync('nsenter', ['--target', String(machine.leader), '--net', 'ip', ...args])
    ip('address', 'add', `${address(index + 1)}/24`, 'dev', 'host0')
    ip('link', 'set', 'host0', 'up')
    await machine.ok(`echo '${address(1)} chat.example.org' >>/etc/hosts
      echo '${address(2)} new.example.org' >>/etc/hosts`)
  }
}
