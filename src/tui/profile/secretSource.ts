import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { isToken } from '../../protocol/tokens.ts'
import { systemReason } from './directories.ts'

/** How long `--password-command` may take, ms: a password manager may ask the user. */
const COMMAND_TIMEOUT = 120_000

/** Where a secret comes from that the user does not type. */
export interface SecretFlags {
  readonly tokenFile?: string | undefined
  readonly passwordCommand?: string | undefined
}

/** A token, or a password; at most one of them. */
export interface GivenSecret {
  readonly token?: string
  readonly password?: string
}

/**
 * The secret of CHAT_TOKEN, of a file, or of a command's first line. Never one of the command line, which others on the
 * machine can read. The error is a sentence, without the secret.
 */
export function givenSecret(
  { tokenFile, passwordCommand }: SecretFlags,
  env: NodeJS.ProcessEnv = process.env,
): Result<GivenSecret, string> {
  if (passwordCommand !== undefined) return byCommand(passwordCommand)
  if (tokenFile !== undefined) return byFile(tokenFile)
  const token = env['CHAT_TOKEN']?.trim()
  if (token === undefined || token === '') return success({})
  return isToken(token) ? success({ token }) : failure('CHAT_TOKEN is no token of chatd, or not a whole one')
}

function byFile(file: string): Result<GivenSecret, string> {
  try {
    const token = readFileSync(file, 'utf8').trim()
    return isToken(token)
      ? success({ token })
      : failure(`${file}, the file of --token-file, holds no whole token of chatd`)
  } catch (error) {
    return failure(`cannot read ${file}, the file of --token-file: ${systemReason(error)}`)
  }
}

function byCommand(command: string): Result<GivenSecret, string> {
  try {
    const printed = execFileSync('/bin/sh', ['-c', command], {
      stdio: ['inherit', 'pipe', 'inherit'],
      timeout: COMMAND_TIMEOUT,
      maxBuffer: 64 * 1024,
    })
    const [secret = ''] = printed.toString('utf8').split('\n')
    if (secret === '') return failure('the command of --password-command printed nothing on its first line')
    return success(isToken(secret) ? { token: secret } : { password: secret })
  } catch (error) {
    const status =
      error instanceof Error && 'status' in error ? `exit code ${String(error.status)}` : 'it did not run'
    return failure(`the command of --password-command failed (${status})`)
  }
}
