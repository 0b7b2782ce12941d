/**
 * Signs in before the screen opens: where a program such as ssh-keygen asks on the terminal, where there is no screen,
 * and with an invitation. It leaves a session, with which the client then starts as ever.
 */

import type { ChatClient, ClientOptions } from '../client/client.ts'
import { createClient } from '../client/core.ts'
import type { KeyRing, OwnKey } from '../client/keyRing.ts'
import type { LinkState } from '../client/link.ts'
import type { Credential } from '../client/signIn.ts'
import { failure, type Result, success } from '../protocol/errors.ts'
import { askLine, askSecret, type Console } from './terminal/askSecret.ts'
import { cleanLine } from './text/clean.ts'

/** Credentials that the user may try in one start. */
const MOST_TRIES = 3
/** A server that does not answer is left to the screen, which goes on trying; ms. */
const PATIENCE = 10_000

type Refused = Extract<LinkState, { status: 'refused' }>

/** How the user signs in. */
export interface SignInOptions {
  /** For the client that signs in; it is closed when this is done. */
  readonly client: ClientOptions
  /** The name of the server in questions. */
  readonly server: string
  readonly keyRing: KeyRing
  /** `--key`: the key is used without a question. */
  readonly isKeyGiven: boolean
  /** What `--password-command` printed; it is used without a question. */
  readonly password: string | undefined
  /** The code of an invitation. */
  readonly invite: string | undefined
  /** Undefined: nobody can be asked. */
  readonly console: Console | undefined
}

/** What signing in left. */
export interface SignedIn {
  /** The name as the server shows it. */
  readonly username: string
  /** The secret of the session; undefined where the server was not reached, or has none. */
  readonly session: string | undefined
  /** Whether the name has no account there, so that nothing was asked. */
  readonly isGuest: boolean
  /** The rooms of the session, by name. */
  readonly rooms: readonly string[]
}

/** Why it did not come to that. */
export interface SignInFailure {
  /** A sentence. */
  readonly message: string
  /** Whether another name can avoid it. */
  readonly isAboutTheName: boolean
}

/** Signs in where the server asks for it. */
export async function signInOnTerminal(options: SignInOptions): Promise<Result<SignedIn, SignInFailure>> {
  const client = createClient(options.client)
  let session = options.client.session
  client.subscribe(event => {
    if (event.type === 'session') session = event.session
  })
  try {
    const signedIn = await new TerminalSignIn(client, options).run()
    if (!signedIn.ok) return signedIn
    const rooms = client.link.status === 'online' ? await client.listRooms(false) : undefined
    const names = rooms?.ok === true ? rooms.value.map(({ room }) => room) : []
    const isGuest = client.link.status === 'online' && client.role === undefined
    return success({ username: client.username, session, isGuest, rooms: names })
  } finally {
    await client.close()
  }
}

class TerminalSignIn {
  readonly #client: ChatClient
  readonly #options: SignInOptions
  #tries = 0

  constructor(client: ChatClient, options: SignInOptions) {
    this.#client = client
    this.#options = options
  }

  async run(): Promise<Result<undefined, SignInFailure>> {
    const { invite } = this.#options
    if (invite === undefined) this.#client.start()
    else this.#client.signIn({ by: 'nothing', invite })
    for (;;) {
      const link = await this.#settled()
      if (link.status !== 'refused') return this.#notRefused(link)
      const next = await this.#answer(link)
      if (!next.ok) return next
    }
  }

  #notRefused(link: LinkState): Result<undefined, SignInFailure> {
    if (link.status === 'online' || this.#options.invite === undefined) return success(undefined)
    const reason = link.status === 'waiting' ? `: ${cleanLine(link.reason)}` : ''
    return failed(
      `no connection to ${this.#options.server}${reason}; the invitation was not used, so try again`,
    )
  }

  /** Acts on a refusal, so that another attempt is under way. */
  async #answer(link: Refused): Promise<Result<undefined, SignInFailure>> {
    if (link.accepts !== undefined) return this.#acceptKey(link, link.accepts)
    // The server asks; anything else is the answer to what was tried.
    const wasTried = link.code !== 'auth_required'
    const isFinal = this.#options.invite !== undefined && wasTried && this.#tries === 0
    if (link.methods === undefined || isFinal || ++this.#tries > MOST_TRIES) return refusedBy(link)
    const credential = await this.#choose(link.methods, wasTried || this.#tries > 1 ? told(link) : undefined)
    if (!credential.ok) return credential
    this.#client.signIn(credential.value)
    return success(undefined)
  }

  async #acceptKey(link: Refused, fingerprint: string): Promise<Result<undefined, SignInFailure>> {
    const { console } = this.#options
    if (console === undefined)
      return failed(`${told(link)}\n  To accept it, give --fingerprint ${fingerprint}`)
    console.output.write(`${told(link)}\n`)
    const answer = await askLine(console, 'Accept this key? (yes/no) ')
    if (answer?.trim().toLowerCase() !== 'yes')
      return failed('the key of the server was not accepted; nothing was sent')
    this.#client.acceptKey(fingerprint)
    return success(undefined)
  }

  /** @param problem why the last one was refused */
  async #choose(
    methods: readonly string[],
    problem: string | undefined,
  ): Promise<Result<Credential, SignInFailure>> {
    const { console, password, isKeyGiven, invite, keyRing, server } = this.#options
    const { username } = this.#client
    if (problem !== undefined && (console === undefined || isKeyGiven || password !== undefined))
      return failed(problem)
    if (password !== undefined) return success({ by: 'password', password, invite })
    const keys = methods.includes('key') ? await keyRing.keys() : success([])
    if (isKeyGiven && !keys.ok) return failed(keys.error)
    const found = keys.ok ? keys.value : []
    const [first] = found
    if (isKeyGiven && first !== undefined) return success({ by: 'key', key: first, invite })
    if (console === undefined)
      return failed(
        invite === undefined
          ? `"${username}" belongs to somebody: sign in once on a terminal (chat-tui --user ${username}), or set CHAT_TOKEN`
          : 'without a terminal, an invitation needs --key or --password-command for the account that it makes',
      )
    if (problem !== undefined) console.output.write(`${problem}\n`)
    const verb = invite === undefined ? 'Sign in to' : 'Join'
    const key =
      first === undefined ? undefined : await chooseKey(console, `${verb} ${server} as ${username}`, found)
    if (key === 'gaveUp') return failed('not signed in')
    if (key !== undefined) return success({ by: 'key', key, invite })
    const typed =
      invite === undefined
        ? await askSecret(console, `Password of ${username} at ${server}: `)
        : await newPassword(console, username, server)
    return typed === undefined || typed === ''
      ? failed('not signed in')
      : success({ by: 'password', password: typed, invite })
  }

  /** The state of the connection once it is up, refused, or not to be had soon. */
  #settled(): Promise<LinkState> {
    const { link } = this.#client
    if (link.status === 'online' || link.status === 'refused') return Promise.resolve(link)
    return new Promise(resolve => {
      const end = (): void => {
        clearTimeout(timer)
        unsubscribe()
        resolve(this.#client.link)
      }
      const timer = setTimeout(end, PATIENCE)
      const unsubscribe = this.#client.subscribe(() => {
        const { status } = this.#client.link
        // A key may wait for a touch: only a server that is not there ends this.
        if (status === 'connecting') timer.refresh()
        else end()
      })
    })
  }
}

/** Undefined: the user wants a password. */
async function chooseKey(
  console: Console,
  what: string,
  keys: readonly OwnKey[],
): Promise<OwnKey | 'gaveUp' | undefined> {
  const rows = keys.map(({ fingerprint, comment }, at) =>
    `  ${at + 1}  ${fingerprint} ${cleanLine(comment)}`.trimEnd(),
  )
  const question =
    keys.length === 1
      ? `${what} with the SSH key ${rows[0]?.trim().slice(1).trim()}?\nEnter, or p for a password: `
      : `${what} with the SSH key\n${rows.join('\n')}\nEnter takes 1; or a number, or p for a password: `
  const answer = (await askLine(console, question))?.trim().toLowerCase()
  if (answer === undefined) return 'gaveUp'
  return answer.startsWith('p') ? undefined : (keys[answer === '' ? 0 : Number(answer) - 1] ?? keys[0])
}

async function newPassword(console: Console, username: string, server: string): Promise<string | undefined> {
  for (;;) {
    const typed = await askSecret(
      console,
      `Choose a password for ${username} at ${server} (8 characters or more): `,
    )
    if (typed === undefined) return undefined
    if ([...typed].length < 8) console.output.write('That is shorter than 8 characters.\n')
    else if ((await askSecret(console, 'The same again: ')) === typed) return typed
    else console.output.write('The two were not the same.\n')
  }
}

function told({ message }: Refused): string {
  return message.split('\n').map(cleanLine).join('\n  ')
}

function failed(message: string): Result<never, SignInFailure> {
  return failure({ message, isAboutTheName: false })
}

function refusedBy(link: Refused): Result<never, SignInFailure> {
  return failure({
    message: told(link),
    isAboutTheName: link.code === 'name_taken' || link.code === 'name_invalid',
  })
}
