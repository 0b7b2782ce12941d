import assert from 'node:assert/strict'
import type { Machine, Mounts } from './machine.ts'

/** One thing that an operator does, and what must hold then. */
export interface Scenario {
  readonly title: string
  /** On which machine it begins; by default chatd is installed and runs. `services` has the programs beside which chatd runs, without it. */
  readonly begins?: 'bare' | 'previous' | 'services'
  /** Runs with `--short` too. */
  readonly isShort?: boolean
  /** A sentence where this version of chatd cannot do it yet: the scenario is skipped, and the report says why. */
  readonly missing?: (machine: Machine) => Promise<string | undefined>
  /** Makes directories that the machine may change, in one that is removed afterwards. */
  readonly brings?: (directory: string) => Mounts
  /**
   * Throws where something does not hold; resolves with what was measured, for the report.
   * @param another boots a second machine that begins as the first one
   */
  readonly run: (machine: Machine, another: () => Promise<Machine>) => Promise<string | undefined>
}

/** Fails a scenario with a sentence. */
export function must(condition: boolean, sentence: string): asserts condition {
  assert(condition, sentence)
}

/** Waits until something holds in the machine; fails with a sentence after some seconds. */
export async function eventually(
  sentence: string,
  condition: () => Promise<boolean>,
  seconds = 15,
): Promise<number> {
  const began = performance.now()
  while (!(await condition())) {
    must(performance.now() - began < seconds * 1_000, `after ${seconds} s: ${sentence}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return performance.now() - began
}

/** Waits until the daemon of the machine answers on its port. */
export function listening(machine: Machine): Promise<number> {
  const connects = async (): Promise<boolean> =>
    (await machine.run('exec 3<>/dev/tcp/127.0.0.1/9011', 'bash')).code === 0
  return eventually('chatd does not answer on its port', connects)
}

/** What a plain client does, in the words of the shell: says a text in a room. */
export function say(room: string, text: string): string {
  return `echo '${text}' | chat-tui --host 127.0.0.1 --user ci --room ${room}\n`
}

/** Why a scenario must wait for sd_notify. */
export async function withoutNotify(machine: Machine): Promise<string | undefined> {
  return (await machine.property('chatd', 'Type')).startsWith('notify')
    ? undefined
    : 'the unit is not Type=notify: chatd does not tell systemd that it is ready yet'
}

/** Why a scenario must wait for the file of the configuration. */
export async function withoutConfiguration(machine: Machine): Promise<string | undefined> {
  return (await machine.run('chatd config check')).code === 0
    ? undefined
    : 'this chatd has no "chatd config check": it reads no file of configuration yet'
}
