import type { DatabaseSync } from 'node:sqlite'
import type { KeptAccount, KeptInvite, KeptSecret, Policy, Role, TokenScope } from '../../accounts.ts'
import { skeletonOf } from '../../skeleton.ts'
import { integer, optionalInteger, optionalText, type Row, text } from '../columns.ts'
import { type Statements, statements } from './statements.ts'

const SELECT_ACCOUNTS = `
  SELECT accounts.number, names.key, names.name, session, password, role, disabled, created
  FROM accounts JOIN names ON names.number = accounts.person
`
const SELECT_INVITES = 'SELECT n, hash, purpose, name, role, rooms, uses, expires, by FROM invites'

/** The rows of accounts, their secrets, invitations and the policy. It decides nothing. */
export class AccountTable {
  readonly #sql: Statements

  constructor(database: DatabaseSync) {
    this.#sql = statements(database)
  }

  /** Every account, in the order in which they were made. */
  all(): KeptAccount[] {
    return this.#sql(`${SELECT_ACCOUNTS} ORDER BY accounts.number`)
      .all()
      .map(row => this.#accountOf(row))
  }

  /** The account of a person (a number of `names`). */
  of(person: number): KeptAccount | undefined {
    const row = this.#sql(`${SELECT_ACCOUNTS} WHERE person = ?`).get(person)
    return row === undefined ? undefined : this.#accountOf(row)
  }

  /** The account that a secret opens. */
  withSecret(n: number): KeptAccount | undefined {
    const row = this.#sql(
      `${SELECT_ACCOUNTS} WHERE accounts.number = (SELECT account FROM secrets WHERE n = ?)`,
    ).get(n)
    return row === undefined ? undefined : this.#accountOf(row)
  }

  /** Makes an account. @param name as it is shown */
  add(person: number, session: number, role: Role, created: number, name: string): void {
    this.#sql('INSERT INTO accounts (person, session, role, created, skeleton) VALUES (?, ?, ?, ?, ?)').run(
      person,
      session,
      role,
      created,
      skeletonOf(name),
    )
  }

  setPassword(account: number, password: string): void {
    this.#sql('UPDATE accounts SET password = ? WHERE number = ?').run(password, account)
  }

  setRole(account: number, role: Role): void {
    this.#sql('UPDATE accounts SET role = ? WHERE number = ?').run(role, account)
  }

  setDisabled(account: number, isDisabled: boolean): void {
    this.#sql('UPDATE accounts SET disabled = ? WHERE number = ?').run(Number(isDisabled), account)
  }

  /** Takes an account away with its secrets and its invitations; their numbers are given. */
  remove(account: number): number[] {
    const invites = this.#sql('SELECT n FROM invites WHERE by = ?').all(account)
    this.#sql('DELETE FROM invites WHERE by = ?').run(account)
    this.#sql('DELETE FROM secrets WHERE account = ?').run(account)
    this.#sql('DELETE FROM accounts WHERE number = ?').run(account)
    return invites.map(row => integer(row, 'n'))
  }

  /** Adds a secret; its number. */
  addSecret(account: number, secret: Omit<KeptSecret, 'n'>): number {
    const { kind, hash, label, line, scope, created, used, expires } = secret
    const { lastInsertRowid } = this.#sql(
      `INSERT INTO secrets (account, kind, hash, label, line, may, rooms, created, used, expires)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      account,
      kind,
      hash,
      label,
      line ?? null,
      scope?.may ?? null,
      scope?.rooms.join('\n') ?? null,
      created,
      used,
      expires ?? null,
    )
    return Number(lastInsertRowid)
  }

  removeSecret(n: number): void {
    this.#sql('DELETE FROM secrets WHERE n = ?').run(n)
  }

  setUsed(n: number, day: number): void {
    this.#sql('UPDATE secrets SET used = ? WHERE n = ?').run(day, n)
  }

  /** Every invitation. */
  invites(): KeptInvite[] {
    return this.#sql(`${SELECT_INVITES} ORDER BY n`).all().map(inviteOf)
  }

  /** The invitation of this hash. */
  invite(hash: string): KeptInvite | undefined {
    const row = this.#sql(`${SELECT_INVITES} WHERE hash = ?`).get(hash)
    return row === undefined ? undefined : inviteOf(row)
  }

  addInvite(invite: Omit<KeptInvite, 'n'>): number {
    const { hash, purpose, name, role, rooms, uses, expires, by } = invite
    const { lastInsertRowid } = this.#sql(
      'INSERT INTO invites (hash, purpose, name, role, rooms, uses, expires, by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ).run(hash, purpose, name ?? null, role, rooms.join('\n'), uses, expires ?? null, by ?? null)
    return Number(lastInsertRowid)
  }

  /** Counts one use of an invitation; false where it was the last. */
  takeInvite(n: number): boolean {
    this.#sql('UPDATE invites SET uses = uses - 1 WHERE n = ?').run(n)
    return Number(this.#sql('DELETE FROM invites WHERE n = ? AND uses < 1').run(n).changes) === 0
  }

  /** Takes an invitation away; false where there is none. */
  removeInvite(n: number): boolean {
    return Number(this.#sql('DELETE FROM invites WHERE n = ?').run(n).changes) > 0
  }

  /** Takes those away that expired before this time; their numbers. */
  removeExpiredInvites(ts: number): number[] {
    const rows = this.#sql('DELETE FROM invites WHERE expires <= ? RETURNING n').all(ts)
    return rows.map(row => integer(row, 'n')).sort((a, b) => a - b)
  }

  get policy(): Policy {
    const row = this.#sql('SELECT names, guests FROM policy').get() ?? {}
    return { names: text(row, 'names') as Policy['names'], guests: text(row, 'guests') as Policy['guests'] }
  }

  set policy({ names, guests }: Policy) {
    this.#sql('UPDATE policy SET names = ?, guests = ?').run(names, guests)
  }

  #accountOf(row: Row): KeptAccount {
    const number = integer(row, 'number')
    const secrets = this.#sql('SELECT * FROM secrets WHERE account = ? ORDER BY n').all(number)
    return {
      number,
      person: text(row, 'key'),
      name: text(row, 'name'),
      session: integer(row, 'session'),
      password: optionalText(row, 'password'),
      role: text(row, 'role') as Role,
      isDisabled: row['disabled'] === 1,
      created: integer(row, 'created'),
      secrets: secrets.map(secretOf),
    }
  }
}

function secretOf(row: Row): KeptSecret {
  const kind = text(row, 'kind') as KeptSecret['kind']
  const rooms = optionalText(row, 'rooms')
  return {
    n: integer(row, 'n'),
    kind,
    hash: text(row, 'hash'),
    label: text(row, 'label'),
    line: optionalText(row, 'line'),
    scope:
      rooms === undefined ? undefined : { may: text(row, 'may') as TokenScope['may'], rooms: linesOf(rooms) },
    created: integer(row, 'created'),
    used: integer(row, 'used'),
    expires: optionalInteger(row, 'expires'),
  }
}

function inviteOf(row: Row): KeptInvite {
  return {
    n: integer(row, 'n'),
    hash: text(row, 'hash'),
    purpose: text(row, 'purpose') as KeptInvite['purpose'],
    name: optionalText(row, 'name'),
    role: text(row, 'role') as Role,
    rooms: linesOf(text(row, 'rooms')),
    uses: integer(row, 'uses'),
    expires: optionalInteger(row, 'expires'),
    by: optionalInteger(row, 'by'),
  }
}

function linesOf(lines: string): string[] {
  return lines === '' ? [] : lines.split('\n')
}
