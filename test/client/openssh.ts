import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from '../server/directory.ts'

/** Whether the programs of OpenSSH are installed. */
export const hasOpenSsh = spawnSync('ssh-keygen', ['-?']).error === undefined

/** Builds a FIDO key in software for OpenSSH; undefined where it cannot be built here. */
export function buildSkProvider(): string | undefined {
  const library = join(temporaryDirectory(), 'provider.so')
  const source = join(import.meta.dirname, 'skProvider.c')
  const flags = ['-shared', '-fPIC', '-Wno-deprecated-declarations', '-o', library, source, '-lcrypto']
  return spawnSync('gcc', flags).status === 0 ? library : undefined
}

/** A key pair that `ssh-keygen` made: the file of its private key; the public one ends in `.pub`. */
export function makeKey(
  type: string,
  { passphrase = '', bits = '', flags = [] as readonly string[] } = {},
): string {
  const file = join(temporaryDirectory(), `id_${type.replaceAll(/\W/g, '_')}`)
  const size = bits === '' ? [] : ['-b', bits]
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...size,
    ...flags,
    '-N',
    passphrase,
    '-C',
    `${type} key`,
    '-f',
    file,
  ])
  return file
}

/** The line of the public key of a key file. */
export function publicLine(file: string): string {
  return readFileSync(`${file}.pub`, 'utf8').trim()
}

/** A real `ssh-agent` with these keys; it ends with the test. */
export async function startAgent(
  ...files: readonly string[]
): Promise<{ readonly socket: string; readonly pid: number }> {
  const socket = join(temporaryDirectory(), 'agent')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    if (agent.exitCode !== null || agent.signalCode !== null) return
    agent.kill()
    await once(agent, 'exit')
  })
  while (!existsSync(socket)) await new Promise(resolve => setTimeout(resolve, 5))
  for (const file of files) addKey(socket, file)
  return { socket, pid: agent.pid ?? 0 }
}

/** Adds a key file to an agent. */
export function addKey(socket: string, file: string, ...flags: readonly string[]): void {
  execFileSync('ssh-add', ['-q', ...flags, file], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: 'ignore',
  })
}
