import type { AccountDeed } from '../../accounts.ts'

/** What the audit says of a deed beside its people. @param operator the user of the machine who did it by a command */
export function auditDetail(deed: AccountDeed, operator: string | undefined): string {
  const detail = detailOf(deed)
  if (operator === undefined) return detail
  return detail === '' ? `by ${operator}` : `${detail}, by ${operator}`
}

function detailOf(deed: AccountDeed): string {
  switch (deed.deed) {
    case 'addKey':
      return `${deed.key.fingerprint} ${deed.key.label}`.trim()
    case 'addToken':
      return deed.label
    case 'revoke':
    case 'uninvite':
      return String(deed.n)
    case 'setRole':
    case 'create':
      return deed.role
    case 'setDisabled':
      return deed.isDisabled ? 'disabled' : 'enabled'
    case 'invite':
      return deed.purpose
    case 'setPolicy':
      return `${deed.names}, guests ${deed.guests}`
    default:
      return ''
  }
}
