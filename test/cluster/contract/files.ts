import { globSync } from 'node:fs'

/** What the tests of a file need that three daemons do not have; the file is not run on them. */
export const EXCLUDED_FILES: Readonly<Record<string, string>> = {
  'test/server/requests/badLuck.test.ts': 'breaks the files of one log',
  'test/server/requests/bugs.test.ts': 'has logs with bugs put in',
  'test/server/requests/costs.test.ts': 'counts the CPU time of one process',
  'test/server/requests/hostile.test.ts': 'is about limits, which each daemon has for itself',
  'test/server/requests/ownData.test.ts': 'looks into the file of a log of its own',
  'test/server/requests/paces.test.ts': 'has no daemon',
  'test/server/requests/rateLimiter.test.ts': 'has no daemon',
  'test/server/requests/references.test.ts': 'reads the lines that one daemon logs',
}

const ALL = [
  ...globSync('test/server/requests/*.test.ts'),
  'test/server/log/changes.test.ts',
  'test/client/client.test.ts',
  'test/client/folding.test.ts',
  'test/client/renames.test.ts',
  'test/client/signIn.test.ts',
  'test/client/unread.test.ts',
]

/** The tests of the protocol and of accounts that are run on three daemons of one log, too. */
export const CONTRACT_FILES: readonly string[] = ALL.filter(file => !(file in EXCLUDED_FILES)).sort()

/** Those of them that `npm test` runs there. */
export const CONTRACT_CHOICE: readonly string[] = [
  'test/server/log/changes.test.ts',
  'test/server/requests/plain.test.ts',
]
