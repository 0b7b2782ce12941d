import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { channelBinding } from '../protocol/channelBinding.ts'
import { failure, type Result } from '../protocol/errors.ts'
import { NO_CHANNEL, signInText } from '../protocol/sshsig.ts'

/** An SSH key that can sign. */
export interface Signer {
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  /** What it is called, such as `bob@laptop`; may be empty. */
  readonly comment: string
  /** Signs a text; base64 of an SSHSIG, or a sentence. It may wait for a touch, or for the user. */
  sign(text: string): Promise<Result<string, string>>
}

/** What a person signs in by. It is used for one attempt, and never again by itself. */
export type Credential = (
  | { readonly by: 'password'; readonly password: string }
  | { readonly by: 'key'; readonly key: Signer }
  /** Only asks whether an invitation can be taken by this name. */
  | { readonly by: 'nothing' }
) & {
  /** The code of an invitation that the person takes with it. */
  readonly invite?: string | undefined
}

/** The channel that a signature of this connection must hold; a sentence where there is none. */
function channelOf(socket: Socket): Result<string, string> {
  if (!(socket instanceof TLSSocket)) return { ok: true, value: NO_CHANNEL }
  const channel = channelBinding(socket)
  return channel === undefined
    ? failure('this connection speaks an older TLS than 1.3, over which keys do not sign in; use a password')
    : { ok: true, value: channel }
}

/** Signs for a connection. The error is a sentence. */
export async function signFor(
  socket: Socket,
  key: Signer,
  username: string,
  nonce: string,
): Promise<Result<string, string>> {
  const channel = channelOf(socket)
  return channel.ok ? key.sign(signInText({ username, nonce, channel: channel.value })) : channel
}
