import type { KeptAccount } from '../log/accounts.ts'
import type { Share } from '../shares.ts'
import type { Connection } from '../transport/connection.ts'

/** Whose turn the work of a connection takes: an account has one of its own, wherever it comes from. */
export function shareOf(
  { address, limitedBy }: Pick<Connection, 'address' | 'limitedBy'>,
  person: string,
  account: KeptAccount | undefined,
): Share {
  if (account !== undefined) return { address: `account ${account.number}`, person }
  return { address: limitedBy ?? `${address} ${person}`, person }
}
