import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AccountChange, AccountDeed } from '../../../../../src/server/log/accounts.ts'
import type { Entry, EventBody } from '../../../../../src/server/log/entries.ts'
import { openForReading, openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import { Lookups } from '../../../../../src/server/log/sqlite/lookups.ts'
import type { Outcome } from '../../../../../src/server/log/sqlite/messages.ts'
import { Writer } from '../../../../../src/server/log/sqlite/worker/writer.ts'
import { temporaryDirectory } from '../../../directory.ts'

const DAY = 86_400_000
/** A day long after the events of the fixture. */
const TODAY = 30_000 * DAY
const KEY = { fingerprint: 'SHA256:one', line: 'ssh-ed25519 one', label: 'bob@laptop' }

/** A log whose entries are committed one by one, at a time that the test sets. */
class Script {
  now = TODAY
  readonly #database: DatabaseSync
  readonly #writer: Writer
  readonly #file: string

  constructor(file = join(temporaryDirectory(), 'one.db')) {
    const database = openForWriting(file, 'epoch')
    onTestFinished(() => database.close())
    this.#database = database
    this.#file = file
    this.#writer = new Writer(database)
  }

  commit(entry: Entry): Outcome {
    const [outcome] = this.#writer.commit({ ts: this.now, entries: [entry] })
    if (outcome === undefined) throw new Error('an entry without an outcome')
    return outcome
  }

  /** An open session of a person. */
  begin(number: number, name: string, hash = `hash ${number}`): void {
    const session = { number, hash, person: name.toLowerCase(), began: this.#writer.last }
    this.commit({ kind: 'began', name, session })
  }

  say(from: string, session: number | undefined, body: EventBody): Outcome {
    return this.commit({ kind: 'event', roomKey: 'dev', roomName: 'dev', from, session, body })
  }

  /** A change that must succeed. */
  does(deed: AccountDeed, by?: string): AccountChange {
    const outcome = this.commit({ kind: 'account', deed, by })
    if (outcome.kind !== 'account') throw new Error(JSON.stringify(outcome))
    return outcome.change
  }

  /** The code of a change that must be refused; it changes nothing. */
  refuses(deed: AccountDeed, by?: string): string {
    const before = this.#writer.contents()
    const sessions = this.#sessions()
    const outcome = this.commit({ kind: 'account', deed, by })
    expect(this.#writer.contents().accounts).toEqual(before.accounts)
    expect(this.#sessions()).toEqual(sessions)
    if (outcome.kind !== 'refused') throw new Error(JSON.stringify(outcome))
    return outcome.error.code
  }

  account(person: string) {
    return this.#writer.contents().accounts.accounts.find(account => account.person === person)
  }

  session(number: number) {
    const lookups = new Lookups(openForReading(this.#file))
    try {
      return lookups.session(number)
    } finally {
      lookups.close()
    }
  }

  #sessions(): unknown {
    return this.#database.prepare('SELECT number, hash, into_session FROM sessions').all()
  }
}

function registered(): Script {
  const log = new Script()
  log.begin(1, 'Bob')
  log.does({ deed: 'register', session: 1, label: 'laptop', password: 'phc' })
  return log
}

describe('registering', () => {
  test('makes the open session that of the account, and its secret the first device', () => {
    const log = registered()
    expect(log.account('bob')).toMatchObject({
      name: 'Bob',
      session: 1,
      password: 'phc',
      role: 'user',
      secrets: [{ kind: 'device', hash: 'hash 1', label: 'laptop', used: 30_000 }],
    })
    expect(log.session(1)?.hash).toBe('account 1')
  })

  test('has one winner where two register at once', () => {
    const log = new Script()
    log.begin(1, 'bob')
    log.now += 31 * DAY
    log.begin(2, 'bob')
    log.now += 31 * DAY
    expect(log.does({ deed: 'register', session: 1, label: 'one', password: 'a' }).accounts).toHaveLength(1)
    expect(log.refuses({ deed: 'register', session: 2, label: 'two', password: 'b' })).toBe('name_taken')
    expect(log.refuses({ deed: 'register', session: 1, label: 'one', password: 'c' })).toBe('name_taken')
    expect(log.account('bob')?.password).toBe('a')
  })

  test('takes no name that another session used within thirty days, and a sleeping one after', () => {
    const log = new Script()
    log.begin(1, 'bob')
    log.begin(2, 'bob')
    log.now += 30 * DAY
    expect(log.refuses({ deed: 'register', session: 2, label: '', password: 'a' })).toBe('name_taken')
    log.does({ deed: 'used', session: 1 })
    log.now += DAY
    expect(log.refuses({ deed: 'register', session: 2, label: '', password: 'a' })).toBe('name_taken')
    log.now += 30 * DAY
    log.does({ deed: 'register', session: 2, label: '', password: 'a' })
  })

  test('counts the use of sessions from before by their last message', () => {
    const file = join(temporaryDirectory(), 'old.db')
    writeFileSync(file, gunzipSync(readFileSync(join(import.meta.dirname, '../layouts/4.db.gz'))))
    const log = new Script(file)
    const madeAt = Date.UTC(2026, 10, 27)
    log.now = madeAt + 5 * DAY
    expect(log.refuses({ deed: 'register', session: 1, label: '', password: 'a' })).toBe('name_taken')
    log.now = madeAt + 32 * DAY
    log.does({ deed: 'register', session: 1, label: '', password: 'a' })
    expect(log.session(1)?.reads).toEqual(new Map([['dev', 1]]))
  })

  test('wants an invitation where the policy says so', () => {
    const log = new Script()
    log.begin(1, 'bob')
    log.does({ deed: 'setPolicy', names: 'invite', guests: 'speak' })
    expect(log.refuses({ deed: 'register', session: 1, label: '', password: 'a' })).toBe('forbidden')
  })
})

describe('signing in', () => {
  test('adds a device where the password or the key still stands', () => {
    const log = registered()
    const signIn = { deed: 'signIn', person: 'bob', device: { hash: 'new', label: 'desktop' } } as const
    expect(log.refuses({ ...signIn, proof: { by: 'password', password: 'other' } })).toBe('auth_failed')
    expect(log.refuses({ ...signIn, proof: { by: 'key', fingerprint: KEY.fingerprint } })).toBe('auth_failed')
    expect(log.refuses({ ...signIn, person: 'carol', proof: { by: 'password', password: 'phc' } })).toBe(
      'auth_failed',
    )
    log.does({ deed: 'addKey', person: 'bob', key: KEY })
    log.now += 3 * DAY
    const change = log.does({ ...signIn, proof: { by: 'key', fingerprint: KEY.fingerprint } })
    expect(change.accounts[0]?.secrets).toMatchObject([
      { n: 1, kind: 'device', label: 'laptop', used: 30_000 },
      { n: 2, kind: 'key', hash: KEY.fingerprint, used: 30_003 },
      { n: 3, kind: 'device', label: 'desktop', used: 30_003 },
    ])
    expect(change.n).toBe(3)
    log.does({ deed: 'setPassword', person: 'bob', password: 'next' })
    const late = { hash: 'late', label: '' }
    expect(log.refuses({ ...signIn, device: late, proof: { by: 'password', password: 'phc' } })).toBe(
      'auth_failed',
    )
    log.does({ ...signIn, device: late, proof: { by: 'password', password: 'next' } })
  })

  test('is refused to a disabled account', () => {
    const log = registered()
    log.does({ deed: 'setDisabled', person: 'bob', isDisabled: true })
    const proof = { by: 'password', password: 'phc' } as const
    expect(log.refuses({ deed: 'signIn', person: 'bob', proof })).toBe('forbidden')
    log.does({ deed: 'setDisabled', person: 'bob', isDisabled: false })
    log.does({ deed: 'signIn', person: 'bob', proof })
  })

  test('brings an open session along: its rooms, its read positions, and its messages to edit', () => {
    const log = new Script()
    log.begin(1, 'bob', 'laptop')
    const said = log.say('bob', 1, { action: 'chat', message: 'from the laptop' })
    const target = said.kind === 'stored' ? said.seq : 0
    for (const [roomKey, seq] of [
      ['dev', 7],
      ['ops', 3],
    ] as const)
      log.commit({ kind: 'read', session: 1, roomKey, seq })
    log.now += 31 * DAY
    log.begin(2, 'bob', 'desktop')
    log.commit({ kind: 'read', session: 2, roomKey: 'dev', seq: 5 })
    log.does({ deed: 'register', session: 2, label: 'desktop', password: 'phc' })
    const edit = { action: 'edit', target, message: 'from the account' } as const
    expect(log.say('bob', 2, edit)).toMatchObject({ kind: 'refused', error: { code: 'forbidden' } })
    const proof = { by: 'password', password: 'phc' } as const
    // A session of somebody else, and one that is not there, change nothing.
    log.begin(3, 'carol', 'carols')
    for (const old of ['carols', 'unknown', 'account 2'])
      expect(log.does({ deed: 'signIn', person: 'bob', proof, old }).ended).toEqual([])
    const change = log.does({ deed: 'signIn', person: 'bob', proof, old: 'laptop' })
    expect(change.ended).toEqual([1])
    expect(log.session(2)).toMatchObject({
      began: 0,
      reads: new Map([
        ['dev', 7],
        ['ops', 3],
      ]),
    })
    expect(log.say('bob', 2, edit)).toMatchObject({ kind: 'stored' })
    // A second time there is nothing left to bring.
    expect(log.does({ deed: 'signIn', person: 'bob', proof, old: 'laptop' }).ended).toEqual([])
  })

  test('with more devices than an account may have signs out the one that was unused for longest', () => {
    const log = registered()
    const proof = { by: 'password', password: 'phc' } as const
    for (let at = 2; at <= 64; at++)
      log.does({ deed: 'signIn', person: 'bob', proof, device: { hash: `d${at}`, label: '' } })
    log.now += DAY
    log.does({ deed: 'used', secret: 1 })
    log.does({ deed: 'signIn', person: 'bob', proof, device: { hash: 'd65', label: '' } })
    const numbers = log.account('bob')?.secrets.map(({ n }) => n)
    expect(numbers).toHaveLength(64)
    expect(numbers).toContain(1)
    expect(numbers).not.toContain(2)
  })
})

describe('invitations', () => {
  const invite = {
    deed: 'invite',
    purpose: 'account',
    hash: 'code',
    name: undefined,
    role: 'user',
    rooms: ['dev'],
    uses: 1,
    expires: undefined,
  } as const
  const taken = {
    deed: 'redeem',
    invite: 'code',
    password: 'phc',
    device: { hash: 'd', label: 'new' },
  } as const

  test('make an account, with one winner of the last use', () => {
    const log = new Script()
    log.does(invite)
    const change = log.does({ ...taken, name: 'Bob', session: 1 })
    expect(change).toMatchObject({ accounts: [{ person: 'bob', name: 'Bob', session: 1 }], uninvited: [1] })
    expect(log.refuses({ ...taken, name: 'carol', session: 2 })).toBe('auth_failed')
    expect(log.account('carol')).toBeUndefined()
  })

  test('show the name as its taker wrote it, whoever had it before', () => {
    const log = new Script()
    log.say('BOB', undefined, { action: 'chat', message: 'a passer-by' })
    log.does(invite)
    log.does({ ...taken, name: 'Bob', session: 1 })
    expect(log.account('bob')?.name).toBe('Bob')
  })

  test('end at their time, are for their name alone, and a taken name costs no use', () => {
    const log = registered()
    log.does({ ...invite, name: 'Carol', expires: TODAY + DAY })
    expect(log.refuses({ ...taken, name: 'dave', session: 2 })).toBe('auth_failed')
    log.does({ ...invite, hash: 'two', uses: 2 })
    expect(log.refuses({ ...taken, invite: 'two', name: 'BOB', session: 2 })).toBe('name_taken')
    expect(log.does({ ...taken, invite: 'two', name: 'dave', session: 2 }).invites).toMatchObject([
      { uses: 1 },
    ])
    log.now += DAY
    expect(log.refuses({ ...taken, name: 'carol', session: 3 })).toBe('auth_failed')
  })

  test('of an operator for one name override another session of it; others do not', () => {
    const log = new Script()
    log.begin(1, 'bob')
    log.does(invite)
    expect(log.refuses({ ...taken, name: 'bob', session: 2 })).toBe('name_taken')
    log.does({ ...invite, hash: 'named', name: 'bob' })
    log.does({ ...taken, invite: 'named', name: 'bob', session: 2 })
  })

  test('to reset give another password, once', () => {
    const log = registered()
    const reset = { ...invite, purpose: 'reset', name: 'bob' } as const
    log.does(reset)
    const redeem = { ...taken, name: 'bob', session: 9, password: 'next' }
    expect(log.does(redeem)).toMatchObject({ accounts: [{ password: 'next', session: 1 }] })
    expect(log.refuses(redeem)).toBe('auth_failed')
    log.does({ ...reset, hash: 'later' })
    log.does({ deed: 'remove', person: 'bob' })
    expect(log.refuses({ ...redeem, invite: 'later' })).toBe('auth_failed')
  })

  test('of an account are fifty at most, and go with it', () => {
    const log = registered()
    for (let at = 0; at < 50; at++) log.does({ ...invite, hash: `i${at}`, expires: TODAY + 1 }, 'bob')
    expect(log.refuses({ ...invite, hash: 'more' }, 'bob')).toBe('limit_reached')
    log.now += 1
    expect(log.does({ ...invite, hash: 'more' }, 'bob').uninvited).toHaveLength(50)
    expect(log.does({ deed: 'remove', person: 'bob' }).uninvited).toEqual([51])
    expect(log.refuses({ ...invite, hash: 'gone' }, 'bob')).toBe('not_found')
  })
})

describe('keys, tokens and devices', () => {
  test('a key that comes twice is one key', () => {
    const log = registered()
    expect(log.does({ deed: 'addKey', person: 'bob', key: KEY }).n).toBe(2)
    expect(log.does({ deed: 'addKey', person: 'bob', key: { ...KEY, label: 'again' } }).n).toBe(2)
    expect(log.account('bob')?.secrets).toHaveLength(2)
  })

  test('the last key of an account without a password stays, unless the operator says so', () => {
    const log = new Script()
    log.does({ deed: 'create', name: 'bob', role: 'user', session: 1, key: KEY })
    expect(log.refuses({ deed: 'revoke', person: 'bob', n: 1, isForced: false })).toBe('forbidden')
    log.does({ deed: 'addKey', person: 'bob', key: { ...KEY, fingerprint: 'SHA256:two' } })
    log.does({ deed: 'revoke', person: 'bob', n: 1, isForced: false })
    expect(log.refuses({ deed: 'revoke', person: 'bob', n: 1, isForced: false })).toBe('not_found')
    log.does({ deed: 'revoke', person: 'bob', n: 2, isForced: true })
  })

  test('nobody revokes what is another account’s', () => {
    const log = registered()
    log.does({ deed: 'create', name: 'carol', role: 'user', session: 2, password: 'phc' })
    expect(log.refuses({ deed: 'revoke', person: 'carol', n: 1, isForced: true })).toBe('not_found')
  })

  test('a removed account frees the name, and its messages are a guest’s', () => {
    const log = registered()
    log.say('bob', 1, { action: 'chat', message: 'mine' })
    log.does({ deed: 'create', name: 'carol', role: 'user', session: 2, password: 'phc' })
    expect(log.does({ deed: 'remove', person: 'bob' })).toMatchObject({ removed: ['bob'], ended: [1] })
    log.begin(3, 'bob')
    log.now += DAY
    log.does({ deed: 'register', session: 3, label: '', password: 'other' })
    expect(log.account('bob')).toMatchObject({ session: 3, password: 'other' })
  })
})

test('erasing takes the account, its keys, its devices, its invitations, and what the audit says of them', () => {
  const file = join(temporaryDirectory(), 'erased.db')
  const log = new Script(file)
  log.begin(1, 'Mallory', createHash('sha256').update('secret').digest('base64url'))
  log.does(
    { deed: 'register', session: 1, label: 'thinkpad-of-mallory', password: 'phc-of-mallory' },
    'mallory',
  )
  log.does({ deed: 'addKey', person: 'mallory', key: { ...KEY, label: 'mallory@laptop' } }, 'mallory')
  const open = {
    deed: 'invite',
    purpose: 'account',
    role: 'user',
    rooms: [],
    uses: 1,
    expires: undefined,
  } as const
  log.does({ ...open, hash: 'by', name: undefined }, 'mallory')
  log.does({ ...open, hash: 'for', name: 'Mallory' })
  const erased = log.commit({
    kind: 'erase',
    person: 'mallory',
    from: { part: 'reactions', after: 0 },
    limit: 8,
  })
  expect(erased).toMatchObject({ kind: 'erased', next: undefined })
  const database = new DatabaseSync(file)
  onTestFinished(() => database.close())
  const rows = ['accounts', 'secrets', 'invites', 'audit', 'names', 'sessions']
    .flatMap(table => database.prepare(`SELECT * FROM ${table}`).all())
    .map(row => JSON.stringify(row))
  expect(rows.join('\n').toLowerCase()).not.toContain('mallory')
  expect(database.prepare('SELECT count(*) AS lines, max(target) AS target FROM audit').get()).toMatchObject({
    lines: 4,
    target: 1,
  })
})
