import type { Socket } from 'node:net'
import { encodeFrame } from '../protocol/codec.ts'
import { failure, type Result, success } from '../protocol/errors.ts'
import { PROTOCOL_VERSION } from '../protocol/limits.ts'
import type { ErrorFrame } from '../protocol/responses.ts'
import { type Credential, type Signer, signFor } from './signIn.ts'

/** What an attempt to connect brings. */
export interface Credentials {
  readonly username: string
  readonly session: string | undefined
  /** What the user signs in by now. */
  readonly credential?: Credential | undefined
}

/** What a program says of itself. */
export interface ProgramNames {
  /** Name and version. */
  readonly clientName: string
  /** What the list of devices calls this one. */
  readonly device?: string | undefined
  /** See `ClientOptions`. */
  readonly keepsNames?: boolean | undefined
}

/** Says `connect` on one connection, once more with a signature where the user signs in by a key. */
export class Introduction {
  readonly #socket: Socket
  readonly #program: ProgramNames
  readonly #credentials: Credentials
  readonly #spent: () => void
  /** The key that has not signed yet. */
  #key: Signer | undefined

  /** @param spent called when the credential was sent: it must not be sent again */
  constructor(socket: Socket, program: ProgramNames, credentials: Credentials, spent: () => void) {
    this.#socket = socket
    this.#program = program
    this.#credentials = credentials
    this.#spent = spent
    const { credential } = credentials
    this.#key = credential?.by === 'key' ? credential.key : undefined
    if (credential?.by === 'password') this.#say({ password: credential.password })
    else this.#say({})
    if (credential?.by === 'nothing') this.#spent()
  }

  /** Whether the user chose to sign in. */
  get hasCredential(): boolean {
    return this.#credentials.credential !== undefined
  }

  /** The nonce that the user's key has to sign now; undefined where it has not. */
  nonceIn({ code, nonce }: ErrorFrame): string | undefined {
    return code === 'auth_required' && this.#key !== undefined ? nonce : undefined
  }

  /** Signs, which may wait for the user, and says `connect` again. The error is a sentence. */
  async sign(nonce: string): Promise<Result<undefined, string>> {
    const key = this.#key
    this.#key = undefined
    if (key === undefined) return failure('there is no key to sign with')
    const signature = await signFor(this.#socket, key, this.#credentials.username, nonce)
    if (!signature.ok) {
      this.#spent()
      return signature
    }
    if (!this.#socket.destroyed) this.#say({ signature: signature.value })
    return success(undefined)
  }

  /** Signs for this connection once more, to show that the user is there. The error is a sentence. */
  signAgain(key: Signer, nonce: string): Promise<Result<string, string>> {
    return signFor(this.#socket, key, this.#credentials.username, nonce)
  }

  #say(proof: { readonly password?: string; readonly signature?: string }): void {
    const { clientName, device, keepsNames } = this.#program
    const { username, session, credential } = this.#credentials
    this.#socket.write(
      encodeFrame({
        action: 'connect',
        username,
        protocol: PROTOCOL_VERSION,
        client: clientName,
        ...(keepsNames === true ? {} : { features: ['renames'] }),
        ...(device === undefined ? {} : { device }),
        ...(session === undefined ? {} : { session }),
        ...(credential?.invite === undefined ? {} : { invite: credential.invite }),
        ...proof,
      }),
    )
    if (proof.password !== undefined || proof.signature !== undefined) this.#spent()
  }
}

/** What an attempt would tell to the wrong server; undefined: nothing. A signature is of no use to another one. */
export function secretIn({ session, credential }: Credentials): string | undefined {
  if (credential?.by === 'password') return 'your password'
  if (credential?.invite !== undefined) return 'your invitation'
  return session === undefined ? undefined : 'your session there'
}
