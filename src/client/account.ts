import type { AccountSecret } from '../protocol/accountRequests.ts'
import type { Result } from '../protocol/errors.ts'
import type { Request, RequestResult } from '../protocol/requests.ts'
import type { Answer, PendingRequests } from './pendingRequests.ts'
import type { Signer } from './signIn.ts'

/** What a person says again to show that it is still the same person. */
export interface Again {
  readonly password?: string
  readonly signature?: string
}

/** What an account is opened by. */
export type AccountView = RequestResult<'account'>

/** Signs for the present connection. */
interface Signing {
  sign(key: Signer, nonce: string): Promise<Result<string, string>>
}

/** The requests about the own account. Each is answered once, and none is sent again by itself. */
export class Account {
  readonly #requests: PendingRequests
  readonly #signing: Signing
  readonly #registered: (role: string) => void

  /** @param registered called when the name has an account, in its role */
  constructor(
    requests: PendingRequests,
    signing: Signing,
    registered: (role: string) => void = () => undefined,
  ) {
    this.#requests = requests
    this.#signing = signing
    this.#registered = registered
  }

  /** Signs for the present connection, to show that the user is there; base64 of an SSHSIG, or a sentence. */
  sign(key: Signer, nonce: string): Promise<Result<string, string>> {
    return this.#signing.sign(key, nonce)
  }

  /** Makes an account of the present name and session. */
  async register(by: { readonly password?: string; readonly key?: string }): Promise<Answer<unknown>> {
    const answer = await this.#requests.ask({ action: 'register', ...by })
    if (answer.ok) this.#registered(answer.value.role)
    return answer
  }

  /** What opens the account. */
  list(): Promise<Answer<AccountView>> {
    return this.#requests.ask({ action: 'account' })
  }

  setPassword(next: string, { password, ...again }: Again): Promise<Answer<unknown>> {
    return this.#requests.ask({
      action: 'password',
      new: next,
      ...(password === undefined ? {} : { old: password }),
      ...again,
    })
  }

  /** Adds the key of this line. */
  addKey(key: string, again: Again): Promise<Answer<RequestResult<'addkey'>>> {
    return this.#requests.ask({ action: 'addkey', key, ...again })
  }

  makeToken(
    token: Pick<Request<'token'>, 'label' | 'rooms' | 'may' | 'expires'>,
    again: Again,
  ): Promise<Answer<RequestResult<'token'>>> {
    return this.#requests.ask({ action: 'token', ...token, ...again })
  }

  /** Takes a device, a token or a key away. */
  revoke(n: AccountSecret['n']): Promise<Answer<unknown>> {
    return this.#requests.ask({ action: 'revoke', n })
  }

  /** Makes an invitation; `room`: what its taker joins. */
  invite(room: string | undefined): Promise<Answer<RequestResult<'invite'>>> {
    return this.#requests.ask({ action: 'invite', ...(room === undefined ? {} : { room }) })
  }

  /** A page of everything that the server keeps about this person. */
  myData(after: number): Promise<Answer<RequestResult<'mydata'>>> {
    return this.#requests.ask({ action: 'mydata', after })
  }

  /** Erases everything, for ever. */
  eraseMe(username: string, again: Again): Promise<Answer<unknown>> {
    return this.#requests.ask({ action: 'eraseme', username, ...again })
  }
}
