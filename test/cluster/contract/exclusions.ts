/** A test that is not run on three daemons. */
export interface Exclusion {
  readonly file: string
  /** The beginning of its name. */
  readonly test: string
  readonly why: string
}

const OWN_LOG = 'brings a log of its own'
const UNTOLD = 'enters without waiting until all daemons have what was said before'

/** Each with its reason. One that names no test is an error. */
export const EXCLUSIONS: readonly Exclusion[] = [
  ...each('test/server/requests/guests.test.ts', OWN_LOG, [
    'shows a stranger who had it for a second nothing of what it is told later, over a restart',
    'the log keeps from where a session sees direct conversations',
  ]),
  ...each('test/server/requests/notify.test.ts', OWN_LOG, ['is kept over a restart']),
  ...each('test/server/requests/replay.test.ts', OWN_LOG, [
    'a return to a room asks the log nothing',
    'a client that holds more than its daemon waits',
    'one whose daemon stays behind is sent away',
    'events that are no longer kept',
  ]),
  ...each('test/server/requests/signIn.test.ts', OWN_LOG, ['by an old session and a password merges']),
  ...each(
    'test/server/requests/signIn.test.ts',
    'each daemon bounds for itself how fast passwords are tried',
    [
      'is bounded for an account and an address',
      'many at once do not slip through',
      'a connection that was asked has a minute',
    ],
  ),
  ...each('test/server/requests/direct.test.ts', UNTOLD, ['a plain client gets them after its own joinroom']),
]

function each(file: string, why: string, tests: readonly string[]): readonly Exclusion[] {
  return tests.map(test => ({ file, test, why }))
}

/** Why a test is not run here; undefined: it is. */
export function exclusionOf(file: string, test: string): Exclusion | undefined {
  return EXCLUSIONS.find(one => one.file === file && test.startsWith(one.test))
}
