import { connect } from 'node:net'
import { failure, type Result, success } from '../protocol/errors.ts'
import { readSshKey, type SshKey } from '../protocol/sshKey.ts'
import { encodeSignature, signedData } from '../protocol/sshsig.ts'
import { SshReader, sshInteger, sshString } from '../protocol/sshWire.ts'

/** Numbers of messages of the agent's protocol (RFC 9987, section 6.1). */
const REQUEST_IDENTITIES = 11
const IDENTITIES_ANSWER = 12
const SIGN_REQUEST = 13
const SIGN_RESPONSE = 14
/** Asks RSA keys for SHA-512; gpg-agent refuses the flag for other keys. */
const RSA_SHA2_512 = 4
const MAX_ANSWER = 256 * 1024
/** How long an agent may take to list its keys, ms. */
const LIST_WITHIN = 5_000
/** How long it may take to sign, ms: it may wait for a touch, or ask the user. */
const SIGN_WITHIN = 60_000

/** The keys of an `ssh-agent`, and their signatures. Errors are sentences. */
export class SshAgent {
  readonly #path: string

  /** @param path the agent's socket */
  constructor(path: string) {
    this.#path = path
  }

  /** The agent of this process's environment; undefined where there is none. */
  static find(env: NodeJS.ProcessEnv = process.env): SshAgent | undefined {
    const path = env['SSH_AUTH_SOCK']
    return path === undefined || path === '' ? undefined : new SshAgent(path)
  }

  /** The keys that chatd takes, in the agent's order. A locked agent lists none. */
  async keys(): Promise<Result<readonly SshKey[], string>> {
    const answer = await this.#ask(Buffer.from([REQUEST_IDENTITIES]), LIST_WITHIN)
    if (!answer.ok) return answer
    try {
      const reader = new SshReader(answer.value)
      const [type] = reader.take(1)
      if (type !== IDENTITIES_ANSWER) return failure('the ssh-agent did not list its keys')
      const keys: SshKey[] = []
      for (let left = reader.integer(); left > 0; left--) {
        const key = readSshKey(Buffer.from(reader.bytes()), reader.bytes().toString('utf8'))
        if (key.ok) keys.push(key.value)
      }
      return success(keys)
    } catch {
      return failure('the ssh-agent answered in another way than an agent does')
    }
  }

  /** Signs a text for signing in; base64 of an SSHSIG. */
  async sign(key: SshKey, text: string): Promise<Result<string, string>> {
    const flags = key.type === 'ssh-rsa' ? RSA_SHA2_512 : 0
    const request = [sshString(key.blob), sshString(signedData(text)), sshInteger(flags)]
    const answer = await this.#ask(Buffer.concat([Buffer.from([SIGN_REQUEST]), ...request]), SIGN_WITHIN)
    if (!answer.ok) return answer
    try {
      const reader = new SshReader(answer.value)
      const [type] = reader.take(1)
      if (type === SIGN_RESPONSE) return success(encodeSignature(key.blob, Buffer.from(reader.bytes())))
    } catch {
      // Said below.
    }
    return failure(
      'the ssh-agent did not sign: it may be locked, you may have declined, or the key was added with a restriction (ssh-add -h)',
    )
  }

  /** Sends one request on a connection of its own. */
  #ask(request: Buffer, within: number): Promise<Result<Buffer, string>> {
    return new Promise(resolve => {
      const socket = connect(this.#path)
      let input = Buffer.alloc(0)
      const settle = (result: Result<Buffer, string>): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve(result)
      }
      const timer = setTimeout(
        () => settle(failure(`the ssh-agent did not answer within ${within / 1_000} seconds`)),
        within,
      )
      socket.on('connect', () => socket.write(sshString(request)))
      socket.on('error', (error: NodeJS.ErrnoException) => settle(failure(reasonOf(error))))
      socket.on('close', () => settle(failure('the ssh-agent closed the connection')))
      socket.on('data', chunk => {
        input = Buffer.concat([input, Buffer.from(chunk)])
        if (input.length < 4) return
        const length = input.readUInt32BE(0)
        if (length > MAX_ANSWER) settle(failure('the ssh-agent answered in another way than an agent does'))
        else if (input.length >= 4 + length) settle(success(input.subarray(4, 4 + length)))
      })
    })
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return 'the ssh-agent of SSH_AUTH_SOCK is gone: start one, or connect to this machine again'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the ssh-agent closed the connection'
  return code === 'EACCES'
    ? 'the ssh-agent of SSH_AUTH_SOCK belongs to another account'
    : `the ssh-agent: ${message}`
}
