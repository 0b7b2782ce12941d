/** Runs what the user does about the own account. */

import type { Again } from '../../client/account.ts'
import type { ChatClient } from '../../client/client.ts'
import type { KeyRing, OwnKey } from '../../client/keyRing.ts'
import type { Answer } from '../../client/pendingRequests.ts'
import { failure, type Result, success } from '../../protocol/errors.ts'
import type { AccountRequest, Proof } from '../model/account.ts'
import type { Effect } from '../model/effect.ts'
import type { ScreenEvent } from '../model/event.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { saveMyData } from './myData.ts'

/** What account requests work with beside the client. */
type Tools = { readonly keyRing: KeyRing; readonly copy: (text: string) => void }

type Dispatch = (event: ScreenEvent) => void
type Of<T extends Effect['type']> = Extract<Effect, { type: T }>

/** Looks up the keys of the user, for the dialog that offers them. */
export async function findKeys(keyRing: KeyRing, dispatch: Dispatch): Promise<void> {
  const keys = await keyRing.keys()
  dispatch({
    type: 'keys',
    keys: keys.ok ? keys.value.map(({ fingerprint, comment }) => ({ fingerprint, comment })) : [],
    problem: keys.ok ? undefined : cleanLine(keys.error),
  })
}

/** Signs in with what the user chose. */
export async function signIn(
  { proof }: Of<'signIn'>,
  client: ChatClient,
  keyRing: KeyRing,
  dispatch: Dispatch,
): Promise<void> {
  if (proof.by === 'password') return client.signIn({ by: 'password', password: proof.password })
  const key = await keyOf(keyRing, proof.fingerprint)
  if (key.ok) client.signIn({ by: 'key', key: key.value })
  else complain(key.error, dispatch)
}

/** Asks the server for something about the account; where it wants a proof, the user is asked for one. */
export async function runAccountRequest(
  { request, proof, nonce }: Of<'account'>,
  client: ChatClient,
  tools: Tools,
  dispatch: Dispatch,
): Promise<void> {
  const again = await againBy(proof, nonce, client, tools.keyRing)
  if (!again.ok) return complain(again.error, dispatch)
  const answer = await ask(request, again.value, client, tools)
  if (answer.ok) return answer.value(dispatch)
  const { code, message, nonce: asked } = answer.error
  if (code === 'auth_required')
    dispatch({ type: 'askedAgain', request, nonce: asked, message: cleanLine(message) })
  else complain(message, dispatch)
}

async function againBy(
  proof: Proof | undefined,
  nonce: string | undefined,
  { account }: ChatClient,
  keyRing: KeyRing,
): Promise<Result<Again, string>> {
  if (proof === undefined) return success({})
  if (proof.by === 'password') return success({ password: proof.password })
  const key = await keyOf(keyRing, proof.fingerprint)
  if (!key.ok) return key
  const signature = await account.sign(key.value, nonce ?? '')
  return signature.ok ? success({ signature: signature.value }) : signature
}

async function keyOf(keyRing: KeyRing, fingerprint: string): Promise<Result<OwnKey, string>> {
  const keys = await keyRing.keys()
  if (!keys.ok) return keys
  const key = keys.value.find(candidate => candidate.fingerprint === fingerprint)
  return key === undefined ? failure('that key is no longer there') : success(key)
}

/** The answer is what to tell the user. */
async function ask(
  request: AccountRequest,
  again: Again,
  client: ChatClient,
  { keyRing, copy }: Tools,
): Promise<Answer<(dispatch: Dispatch) => void>> {
  const { account } = client
  switch (request.action) {
    case 'register':
      return register(request.by, client, keyRing)
    case 'password':
      return telling(await account.setPassword(request.next, again), () => [
        clean`your password is changed; other devices stay signed in (/devices)`,
      ])
    case 'addkey': {
      const key = await keyOf(keyRing, request.fingerprint)
      if (!key.ok) return failure({ code: 'key', message: key.error })
      return telling(await account.addKey(key.value.line, again), () => [
        clean`the key ${cleanLine(request.fingerprint)} signs you in from now on`,
      ])
    }
    case 'token': {
      const { action: _, ...token } = request
      const made = await account.makeToken({ ...token, rooms: [...token.rooms] }, again)
      if (made.ok) copy(made.value.token)
      return telling(made, ({ token: secret }) => [
        clean`the token for ${cleanLine(token.rooms.join(', '))}, shown this once, and copied where your terminal allows it:`,
        cleanLine(secret),
        clean`a program puts it into CHAT_TOKEN, or into "password" of a plain connect; /token lists and revokes`,
      ])
    }
    case 'revoke':
      return telling(await account.revoke(request.n), () => [clean`revoked: it is signed out`])
    case 'eraseme':
      return telling(await account.eraseMe(request.name, again), () => [
        clean`everything that you said is erased; backups that were made before still hold it`,
      ])
    case 'list': {
      const listed = await account.list()
      if (!listed.ok) return listed
      const { secrets } = listed.value
      return success(dispatch => dispatch({ type: 'secrets', of: request.kind, secrets }))
    }
    case 'invite': {
      const made = await account.invite(request.room)
      if (made.ok) copy(`chat-tui join ${made.value.link}`)
      return telling(made, ({ link, expires }) => [
        clean`for one person, until ${cleanLine(new Date(expires).toISOString().slice(0, 10))}, copied where your terminal allows it:`,
        cleanLine(`chat-tui join ${link}`),
      ])
    }
    case 'mydata': {
      const saved = await saveMyData(account, request.file)
      if (!saved.ok) return failure({ code: 'file', message: saved.error })
      return success(remarking([clean`${saved.value} records about you are in ${cleanLine(request.file)}`]))
    }
    case 'logout': {
      const listed = await account.list()
      if (!listed.ok) return listed
      const here = listed.value.secrets.find(secret => secret.here === true)
      if (here === undefined) return failure({ code: 'not_found', message: 'this device is not signed in' })
      return telling(await account.revoke(here.n), () => [clean`signed out`])
    }
  }
}

async function register(
  by: Proof,
  client: ChatClient,
  keyRing: KeyRing,
): Promise<Answer<(dispatch: Dispatch) => void>> {
  const name = cleanLine(client.username)
  const done = [
    clean`${name} is yours now: other devices sign in, and so do you (/devices, /keys, /password)`,
  ]
  if (by.by === 'password')
    return telling(await client.account.register({ password: by.password }), () => done)
  const key = await keyOf(keyRing, by.fingerprint)
  if (!key.ok) return failure({ code: 'key', message: key.error })
  return telling(await client.account.register({ key: key.value.line }), () => done)
}

function telling<T>(
  answer: Answer<T>,
  lines: (value: T) => readonly CleanText[],
): Answer<(dispatch: Dispatch) => void> {
  return answer.ok ? success(remarking(lines(answer.value))) : answer
}

function remarking(lines: readonly CleanText[]): (dispatch: Dispatch) => void {
  return dispatch => dispatch({ type: 'remark', room: undefined, tone: 'info', lines })
}

function complain(message: string, dispatch: Dispatch): void {
  dispatch({ type: 'remark', room: undefined, tone: 'error', lines: [cleanLine(message)] })
}
