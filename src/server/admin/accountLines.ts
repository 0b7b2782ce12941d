import type { KeptAccount, KeptInvite, KeptSecret } from '../log/accounts.ts'
import { directNames } from '../log/roomKeys.ts'

const DAY = 86_400_000

/** An account as the operator sees it. */
export function accountLine({
  name: shown,
  role: kind,
  isDisabled,
  created,
  password,
  secrets,
}: KeptAccount): string {
  const count = (wanted: KeptSecret['kind']): string => {
    const number = secrets.filter(secret => secret.kind === wanted).length
    return `${number} ${wanted}${number === 1 ? '' : 's'}`
  }
  const used = Math.max(0, ...secrets.map(secret => secret.used))
  return [
    shown,
    isDisabled ? `${kind}, disabled` : kind,
    `since ${dayText(created)}`,
    used === 0 ? 'never here' : `last here ${dayText(used * DAY)}`,
    password === undefined ? 'no password' : 'password',
    count('key'),
    count('device'),
    count('token'),
  ].join('  ')
}

/** A device, token or key as the operator sees it. */
export function secretLine({
  n: number,
  kind,
  label,
  hash,
  scope,
  created,
  used,
  expires,
}: KeptSecret): string {
  return [
    `${number}`.padStart(4),
    ...(kind === 'key' ? [hash] : []),
    label,
    ...(scope === undefined ? [] : [`${scope.may} ${scope.rooms.map(shownRoom).join(' ')}`]),
    `since ${dayText(created)}`,
    used === 0 ? 'never used' : `last used ${dayText(used * DAY)}`,
    ...(expires === undefined ? [] : [`until ${dayText(expires)}`]),
  ].join('  ')
}

function shownRoom(key: string): string {
  return directNames(key) === undefined ? key : 'a direct conversation'
}

function dayText(ts: number): string {
  return new Date(ts).toISOString().slice(0, 10)
}

/** An invitation as the operator sees it. */
export function inviteLine({ n, purpose, name, uses, expires, rooms }: KeptInvite): string {
  return [
    `${n}`.padStart(4),
    purpose,
    name === undefined ? 'any name' : `for ${name}`,
    `${uses} left`,
    expires === undefined ? 'no end' : `until ${dayText(expires)}`,
    ...(rooms.length === 0 ? [] : [`rooms ${rooms.join(' ')}`]),
  ].join('  ')
}
