import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { type Result, success } from '../../protocol/errors.ts'
import { inviteCodeFrom } from '../../protocol/inviteLink.ts'
import { foldName, parseUsername } from '../../protocol/names.ts'
import { parseSshKey, sshKeyLine } from '../../protocol/sshKey.ts'
import { tokenFrom } from '../../protocol/tokens.ts'
import type { Accounts } from '../auth/accounts.ts'
import { secretHash } from '../auth/secretHash.ts'
import type { AccountChange, AccountDeed, KeptAccount, KeptSecret, KeyLine } from '../log/accounts.ts'
import type { RoomDirectory } from '../log/log.ts'
import { resolveName } from '../log/namedRooms.ts'
import { accountLine, inviteLine, secretLine } from './accountLines.ts'
import { type Caller, callerText } from './caller.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'

const DAY = 86_400_000
/** How long a link to set a password can be taken, days. */
const RESET_DAYS = 2

const name = z.string()
const n = z.int().min(1)
const role = z.enum(['user', 'admin', 'bot'])

/** The tasks of an operator about accounts. */
export const accountTasks = [
  z.object({ task: z.literal('userAdd'), name, keys: z.array(z.string()), role }),
  z.object({ task: z.literal('userList') }),
  z.object({ task: z.literal('userPasswd'), name }),
  z.object({ task: z.literal('userDisable'), name, isDisabled: z.boolean() }),
  z.object({ task: z.literal('userRole'), name, role }),
  z.object({
    task: z.literal('userKeys'),
    name,
    add: z.array(z.string()),
    remove: n.optional(),
  }),
  z.object({ task: z.literal('userDevices'), name, revoke: z.union([n, z.literal('all')]).optional() }),
  z.object({ task: z.literal('userRemove'), name }),
  z.object({
    task: z.literal('tokenAdd'),
    name,
    rooms: z.array(z.string()).min(1),
    may: z.enum(['read', 'speak']),
    label: z.string(),
    expires: z.int().optional(),
  }),
  z.object({ task: z.literal('tokenList'), name: name.optional() }),
  z.object({ task: z.literal('tokenRevoke'), n }),
  z.object({
    task: z.literal('invite'),
    name: name.optional(),
    uses: z.int().min(1),
    expires: z.int().optional(),
    rooms: z.array(z.string()),
    role,
  }),
  z.object({ task: z.literal('inviteList') }),
  z.object({ task: z.literal('inviteRevoke'), n }),
  z.object({
    task: z.literal('policy'),
    names: z.enum(['open', 'registered', 'invite']).optional(),
    guests: z.enum(['none', 'read', 'speak']).optional(),
  }),
] as const

/** One task about accounts. */
export type AccountTask = z.infer<(typeof accountTasks)[number]>

/** What the tasks about accounts work on. */
export interface AccountContext {
  readonly accounts: Accounts
  /** The number of a session that is to begin. */
  readonly reserveSession: () => number
  /** The link with the code of an invitation. */
  readonly linkTo: (code: string) => string
}

/** The command that asks. */
interface Asking {
  readonly print: Print
  readonly by: Caller
  readonly log: Pick<RoomDirectory, 'leadsTo'>
}

type Answer = Promise<Result<undefined, TaskFailure>>
type Print = (line: string) => Promise<boolean>
type Task<K extends AccountTask['task']> = Extract<AccountTask, { task: K }>

/** What guests may do under a policy unless the operator says otherwise. */
const GUESTS = { open: 'speak', registered: 'read', invite: 'none' } as const

/** Runs one task about accounts. */
export function runAccountTask(task: AccountTask, context: AccountContext, asking: Asking): Answer {
  const tasks = new AccountTasks(context, asking)
  switch (task.task) {
    case 'userAdd':
      return tasks.addUser(task)
    case 'userList':
      return tasks.listUsers()
    case 'userPasswd':
      return tasks.resetLink(task.name)
    case 'userDisable': {
      const { isDisabled } = task
      const done = isDisabled ? 'disabled, and signed out everywhere' : 'enabled'
      return tasks.onAccount(task.name, person => ({ deed: 'setDisabled', person, isDisabled }), done)
    }
    case 'userRole':
      return tasks.onAccount(
        task.name,
        person => ({ deed: 'setRole', person, role: task.role }),
        `now ${task.role}`,
      )
    case 'userKeys':
      return tasks.keys(task)
    case 'userDevices':
      return tasks.devices(task)
    case 'userRemove':
      return tasks.onAccount(
        task.name,
        person => ({ deed: 'remove', person }),
        'account removed; what was said stays',
      )
    case 'tokenAdd':
      return tasks.addToken(task)
    case 'tokenList':
      return tasks.listTokens(task.name)
    case 'tokenRevoke':
      return tasks.revokeToken(task.n)
    case 'invite':
      return tasks.invite(task)
    case 'inviteList':
      return tasks.listInvites()
    case 'inviteRevoke':
      return tasks.change({ deed: 'uninvite', n: task.n }, `invitation ${task.n}: taken back`)
    case 'policy':
      return tasks.policy(task)
  }
}

class AccountTasks {
  readonly #context: AccountContext
  readonly #directory: Pick<RoomDirectory, 'leadsTo'>
  readonly #print: Print
  readonly #by: Caller

  constructor(context: AccountContext, { print, by, log }: Asking) {
    this.#context = context
    this.#directory = log
    this.#print = print
    this.#by = by
  }

  async addUser({ name: written, keys, role: kind }: Task<'userAdd'>): Answer {
    const parsed = parseUsername(written)
    if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
    const lines = keyLines(keys)
    if (!lines.ok) return lines
    const [key, ...more] = lines.value
    const session = this.#context.reserveSession()
    const made = await this.#change({ deed: 'create', name: parsed.value, role: kind, session, key })
    if (!made.ok) return made
    for (const other of more) {
      const added = await this.#change({ deed: 'addKey', person: foldName(parsed.value), key: other })
      if (!added.ok) return added
    }
    await this.#print(`${parsed.value}: account made${kind === 'user' ? '' : ` (${kind})`}`)
    for (const { fingerprint, label } of lines.value)
      await this.#print(`  key ${fingerprint} ${label}`.trimEnd())
    if (kind === 'bot') await this.#print(`make a token for it: chatd token add ${parsed.value} --rooms ROOM`)
    else if (key === undefined) return this.resetLink(parsed.value)
    return success(undefined)
  }

  async listUsers(): Answer {
    const { accounts } = this.#context
    if (!accounts.areThereAny)
      await this.#print('no name has an account; make one with chatd user add or chatd invite')
    for (const account of accounts.all()) await this.#print(accountLine(account))
    return success(undefined)
  }

  /** Prints a link by which the owner of an account sets a password or brings a key. */
  async resetLink(written: string): Answer {
    const account = this.#find(written)
    if (!account.ok) return account
    const code = inviteCodeFrom(randomBytes(20))
    const made = await this.#change({
      deed: 'invite',
      hash: secretHash(code),
      purpose: 'reset',
      name: account.value.name,
      role: 'user',
      rooms: [],
      uses: 1,
      expires: Date.now() + RESET_DAYS * DAY,
    })
    if (!made.ok) return made
    await this.#print(`send ${account.value.name} this line; it works once, within ${RESET_DAYS} days:`)
    await this.#print(`chat-tui join ${this.#context.linkTo(code)} --user ${account.value.name}`)
    return success(undefined)
  }

  async keys({ name: written, add, remove }: Task<'userKeys'>): Answer {
    const account = this.#find(written)
    if (!account.ok) return account
    const { person } = account.value
    const lines = keyLines(add)
    if (!lines.ok) return lines
    for (const key of lines.value) {
      const added = await this.#change({ deed: 'addKey', person, key })
      if (!added.ok) return added
    }
    if (remove !== undefined) {
      const removed = await this.#revoke(person, remove, 'key')
      if (!removed.ok) return removed
    }
    return this.#listSecrets(person, 'key')
  }

  async devices({ name: written, revoke }: Task<'userDevices'>): Answer {
    const account = this.#find(written)
    if (!account.ok) return account
    const { person, secrets } = account.value
    const all = secrets.filter(({ kind }) => kind === 'device').map(secret => secret.n)
    for (const number of revoke === 'all' ? all : revoke === undefined ? [] : [revoke]) {
      const revoked = await this.#revoke(person, number, 'device')
      if (!revoked.ok) return revoked
    }
    return this.#listSecrets(person, 'device')
  }

  async addToken({ name: written, rooms, may, label, expires }: Task<'tokenAdd'>): Answer {
    const account = this.#find(written)
    if (!account.ok) return account
    const keys = roomKeysOf(this.#directory, rooms)
    if (!keys.ok) return keys
    const token = tokenFrom(randomBytes)
    const scope = { may, rooms: keys.value }
    const { person } = account.value
    const made = await this.#change({
      deed: 'addToken',
      person,
      hash: secretHash(token),
      label,
      scope,
      expires,
    })
    if (!made.ok) return made
    // Alone on its line, for scripts; the rest is known to the caller.
    await this.#print(token)
    return success(undefined)
  }

  async listTokens(written: string | undefined): Answer {
    const one = written === undefined ? undefined : this.#find(written)
    if (one?.ok === false) return one
    for (const account of one === undefined ? this.#context.accounts.all() : [one.value])
      for (const secret of account.secrets)
        if (secret.kind === 'token') await this.#print(`${account.name}  ${secretLine(secret)}`)
    return success(undefined)
  }

  async revokeToken(number: number): Answer {
    for (const { person, secrets } of this.#context.accounts.all())
      if (secrets.some(secret => secret.n === number && secret.kind === 'token')) {
        const revoked = await this.#revoke(person, number, 'token')
        if (revoked.ok) await this.#print(`token ${number}: revoked`)
        return revoked
      }
    return taskFailed('unknown', `there is no token ${number}; chatd token list shows them`)
  }

  async invite({ name: written, uses, expires, rooms, role: kind }: Task<'invite'>): Answer {
    const parsed = written === undefined ? undefined : parseUsername(written)
    if (parsed?.ok === false) return taskFailed('invalid', parsed.error.message)
    const known = roomKeysOf(this.#directory, rooms)
    if (!known.ok) return known
    const code = inviteCodeFrom(randomBytes(20))
    const made = await this.#change({
      deed: 'invite',
      hash: secretHash(code),
      purpose: 'account',
      name: parsed?.value,
      role: kind,
      rooms,
      uses,
      expires,
    })
    if (!made.ok) return made
    await this.#print(`chat-tui join ${this.#context.linkTo(code)}`)
    return success(undefined)
  }

  async listInvites(): Answer {
    for (const invite of this.#context.accounts.invites()) await this.#print(inviteLine(invite))
    return success(undefined)
  }

  async policy({ names, guests }: Task<'policy'>): Answer {
    const { accounts } = this.#context
    if (names !== undefined || guests !== undefined) {
      const policy = names ?? accounts.policy.names
      // A policy brings its own rule for guests; changing only one keeps the other.
      const rule = guests ?? (names === undefined ? accounts.policy.guests : GUESTS[policy])
      const set = await this.#change({ deed: 'setPolicy', names: policy, guests: rule })
      if (!set.ok) return set
    }
    await this.#print(`policy ${accounts.policy.names}, guests ${accounts.policy.guests}`)
    return success(undefined)
  }

  async onAccount(written: string, deed: (person: string) => AccountDeed, done: string): Answer {
    const account = this.#find(written)
    if (!account.ok) return account
    return this.change(deed(account.value.person), `${account.value.name}: ${done}`)
  }

  async change(deed: AccountDeed, done: string): Answer {
    const changed = await this.#change(deed)
    if (!changed.ok) return changed
    await this.#print(done)
    return success(undefined)
  }

  async #change(deed: AccountDeed): Promise<Result<AccountChange, TaskFailure>> {
    const changed = await this.#context.accounts.changeAsOperator(deed, callerText(this.#by))
    if (changed.ok) return changed
    const { code, message } = changed.error
    return taskFailed(
      code === 'storage_unavailable' ? 'storage' : code === 'name_taken' ? 'exists' : 'unknown',
      message,
    )
  }

  async #revoke(person: string, number: number, kind: KeptSecret['kind']): Answer {
    const secret = this.#context.accounts.find(person)?.secrets.find(candidate => candidate.n === number)
    if (secret?.kind !== kind)
      return taskFailed('unknown', `${person} has no ${kind} with the number ${number}`)
    const changed = await this.#change({ deed: 'revoke', person, n: number, isForced: true })
    return changed.ok ? success(undefined) : changed
  }

  async #listSecrets(person: string, kind: KeptSecret['kind']): Answer {
    const secrets = this.#context.accounts.find(person)?.secrets.filter(secret => secret.kind === kind) ?? []
    if (secrets.length === 0) await this.#print(`${person} has no ${kind}`)
    for (const secret of secrets) await this.#print(secretLine(secret))
    return success(undefined)
  }

  #find(written: string): Result<KeptAccount, TaskFailure> {
    const account = this.#context.accounts.find(foldName(written))
    if (account !== undefined) return success(account)
    return taskFailed('unknown', `"${written}" has no account; chatd user list shows those that have`)
  }
}

function keyLines(lines: readonly string[]): Result<readonly KeyLine[], TaskFailure> {
  const keys: KeyLine[] = []
  for (const line of lines) {
    const key = parseSshKey(line)
    if (!key.ok) return taskFailed('invalid', `${line.slice(0, 40)}…: ${key.error}`)
    keys.push({ fingerprint: key.value.fingerprint, line: sshKeyLine(key.value), label: key.value.comment })
  }
  return success(keys)
}

function roomKeysOf(
  directory: Pick<RoomDirectory, 'leadsTo'>,
  rooms: readonly string[],
): Result<readonly string[], TaskFailure> {
  const keys: string[] = []
  for (const room of rooms) {
    const parsed = resolveName(directory, room)
    if (!parsed.ok) return taskFailed('invalid', parsed.error.message)
    if (parsed.value.kind !== 'room')
      return taskFailed('invalid', `"${room}" is no room; name rooms alone here`)
    keys.push(parsed.value.key)
  }
  return success(keys)
}
