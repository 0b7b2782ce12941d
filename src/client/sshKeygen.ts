import { spawn } from 'node:child_process'
import { failure, type Result, success } from '../protocol/errors.ts'
import { fromArmor, SIGN_IN_NAMESPACE } from '../protocol/sshsig.ts'

/** `ssh-keygen` says on its error output why it does not sign; this much of it is shown. */
const MAX_REASON = 200
/** What it says at each signature, which says nothing to the user. */
const CHATTER = 'Signing data on standard input'

/**
 * Signs a text with a key file by `ssh-keygen`, which asks for the passphrase on the terminal itself, and for a touch.
 * @param file the private key, or the public one of a key that an agent holds
 * @param mayAsk whether it may ask for a passphrase on the terminal; otherwise only keys without one sign
 * @returns base64 of an SSHSIG, or a sentence
 */
export function signByKeygen(file: string, text: string, mayAsk = true): Promise<Result<string, string>> {
  return new Promise(resolve => {
    const keygen = spawn('ssh-keygen', ['-Y', 'sign', '-f', file, '-n', SIGN_IN_NAMESPACE], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A program that asks in its place, and says nothing: the key then counts as locked.
      env: mayAsk ? process.env : { ...process.env, SSH_ASKPASS: 'false', SSH_ASKPASS_REQUIRE: 'force' },
    })
    let armored = ''
    let errors = ''
    keygen.stdout.on('data', chunk => {
      armored += String(chunk)
    })
    keygen.stderr.on('data', chunk => {
      errors += String(chunk)
      // What it asks for, such as a touch, is for the user.
      if (mayAsk && !String(chunk).startsWith(CHATTER)) process.stderr.write(chunk)
    })
    keygen.stdin.on('error', () => undefined)
    keygen.stdin.end(text)
    keygen.on('error', (error: NodeJS.ErrnoException) =>
      resolve(
        failure(
          error.code === 'ENOENT'
            ? 'ssh-keygen is not installed: install OpenSSH, or add the key to an ssh-agent'
            : `ssh-keygen: ${error.message}`,
        ),
      ),
    )
    keygen.on('close', () => {
      const signature = fromArmor(armored)
      if (signature !== undefined) return resolve(success(signature))
      const reason = errors.trim().split('\n').at(-1)?.slice(0, MAX_REASON) ?? ''
      if (!mayAsk)
        return resolve(
          failure(`${file} wants its passphrase: ssh-add it, or start chat-tui with --key ${file}`),
        )
      resolve(failure(`ssh-keygen did not sign with ${file}${reason === '' ? '' : `: ${reason}`}`))
    })
  })
}
