import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { failure, type Result, success } from '../protocol/errors.ts'
import { isFido, parseSshKey, type SshKey, sshKeyLine } from '../protocol/sshKey.ts'
import type { Signer } from './signIn.ts'
import { SshAgent } from './sshAgent.ts'
import { signByKeygen } from './sshKeygen.ts'

/** The most keys that are offered. */
const MOST_KEYS = 6
/** The names that `ssh-keygen` gives to keys by itself. */
const DEFAULT_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa', 'id_ed25519_sk', 'id_ecdsa_sk']

/** A key of the user, and its public line. */
export interface OwnKey extends Signer {
  readonly line: string
}

/** How a {@link KeyRing} looks for keys. */
export interface KeyRingOptions {
  readonly env?: NodeJS.ProcessEnv
  /** `--key`: the file of a public or a private key, the only one that is used. */
  readonly file?: string | undefined
  /** Whether `ssh-keygen` may ask on the terminal: not while a screen is on it. */
  readonly mayAsk: () => boolean
}

/** The SSH keys of the user: those of the agent, and the usual files. Keys that want a touch come last. */
export class KeyRing {
  readonly #options: KeyRingOptions

  constructor(options: KeyRingOptions) {
    this.#options = options
  }

  /** The keys that can be tried, six at most. The error is a sentence. */
  async keys(): Promise<Result<readonly OwnKey[], string>> {
    const { file, env = process.env } = this.#options
    const agent = SshAgent.find(env)
    const held = (await agent?.keys()) ?? success([])
    const inAgent = held.ok && agent !== undefined ? held.value.map(key => byAgent(agent, key)) : []
    if (file !== undefined) return this.#only(file, inAgent)
    const known = new Set(inAgent.map(({ fingerprint }) => fingerprint))
    const directory = join(env['HOME'] ?? homedir(), '.ssh')
    const inFiles = DEFAULT_FILES.flatMap(name => {
      const path = join(directory, name)
      const key = existsSync(path) ? publicKeyOf(path) : undefined
      return key === undefined || known.has(key.fingerprint) ? [] : [this.#byFile(path, key)]
    })
    const all = [...inAgent, ...inFiles].sort((a, b) => Number(a.isFido) - Number(b.isFido))
    if (all.length === 0 && !held.ok) return held
    return success(all.slice(0, MOST_KEYS))
  }

  #only(file: string, inAgent: readonly FoundKey[]): Result<readonly OwnKey[], string> {
    const key = publicKeyOf(file)
    if (key === undefined)
      return failure(`${file} is no public key, and has none beside it: give the file that ends in .pub`)
    const held = inAgent.find(({ fingerprint }) => fingerprint === key.fingerprint)
    if (held !== undefined) return success([held])
    const path = file.replace(/\.pub$/, '')
    if (existsSync(path)) return success([this.#byFile(path, key)])
    return failure(
      `the ssh-agent does not hold the key of ${file}, and its private file is not beside it: ssh-add it`,
    )
  }

  #byFile(path: string, key: SshKey): FoundKey {
    const { mayAsk } = this.#options
    return { ...described(key), sign: text => signByKeygen(path, text, mayAsk()) }
  }
}

interface FoundKey extends OwnKey {
  readonly isFido: boolean
}

function byAgent(agent: SshAgent, key: SshKey): FoundKey {
  return { ...described(key), sign: text => agent.sign(key, text) }
}

function described(key: SshKey): Omit<FoundKey, 'sign'> {
  const { fingerprint, comment } = key
  return { fingerprint, comment, line: sshKeyLine(key), isFido: isFido(key) }
}

/** The public key in a file, or in the one beside a private key. */
function publicKeyOf(file: string): SshKey | undefined {
  for (const path of file.endsWith('.pub') ? [file] : [`${file}.pub`, file]) {
    try {
      const [line = ''] = readFileSync(path, 'utf8').split('\n')
      const key = parseSshKey(line)
      if (key.ok) return key.value
    } catch {
      // The next one may be there.
    }
  }
  return undefined
}
