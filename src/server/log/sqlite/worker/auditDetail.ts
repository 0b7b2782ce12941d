import type { AccountDeed } from '../../accounts.ts'

/** What the audit says of a deed beside its people. */
export function auditDetail(deed: AccountDeed): string {
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
