/** A test that is not run on three daemons. */
export interface Exclusion {
  readonly file: string
  /** The beginning of its name. */
  readonly test: string
  readonly why: string
  /** What it waits for; then `CHATD_CONTRACT=waiting` runs it all the same. */
  readonly waitsFor?: string
}

const OWN_LOG = 'brings a log of its own'
const PRESENCE = 'daemons do not tell each other who is there'
const ACCOUNTS = 'a change to an account is told to connections of one daemon'
const ROOMS = 'a change to a room is told to members at one daemon'

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
  ...each(
    'test/server/requests/signIn.test.ts',
    ACCOUNTS,
    ['opens by its first device', 'a key wants the owner to be there'],
    'foldtells',
  ),
  ...each('test/server/requests/signIn.test.ts', PRESENCE, ['keeps the session'], 'peers'),
  ...each(
    'test/server/requests/guests.test.ts',
    PRESENCE,
    [
      'goes back to its older session',
      'goes back to its session from a plain client',
      'is not taken from an older session',
      'shows a stranger who had it for a second nothing of what it is told later, in one run',
      'whose holder changes within the moment',
      'that its holder takes again within that moment',
      'of an account is refused, also where its owner is away',
    ],
    'peers',
  ),
  ...each(
    'test/server/requests/requests.test.ts',
    PRESENCE,
    ['rooms: names are folded', 'read positions go both ways', 'members come in pages'],
    'peers',
  ),
  ...each(
    'test/client/renames.test.ts',
    ROOMS,
    ['joining by a name that is not known', 'a client that keeps names'],
    'foldtells',
  ),
  ...each(
    'test/server/requests/notify.test.ts',
    PRESENCE,
    ['is set for a room, told to the other connections', 'and read positions are told to a token'],
    'peers',
  ),
  ...each(
    'test/server/requests/direct.test.ts',
    PRESENCE,
    ['every full connection of either', 'presence reaches the other side'],
    'peers',
  ),
  ...each(
    'test/server/requests/signals.test.ts',
    PRESENCE,
    [
      'joined and left name the person',
      'presence comes once',
      'a quick reconnect keeps the away message',
      'typing is passed on',
      'a room of more than 200',
    ],
    'peers',
  ),
  ...each(
    'test/server/requests/connect.test.ts',
    PRESENCE,
    ['without the session, or with another', 'a session keeps its rooms and read positions'],
    'peers',
  ),
  ...each('test/server/requests/search.test.ts', PRESENCE, ['finds words in the rooms'], 'peers'),
  ...each('test/client/unread.test.ts', PRESENCE, ['what calls a person is set on all devices'], 'peers'),
  ...each('test/server/requests/plain.test.ts', PRESENCE, ['further fields are ignored'], 'peers'),
  ...each(
    'test/server/requests/renames.test.ts',
    ROOMS,
    ['every kind of member', 'every request takes any name', 'what a client holds under a name'],
    'foldtells',
  ),
  ...each(
    'test/client/client.test.ts',
    PRESENCE,
    [
      'two of them talk',
      'reading clears what is unread',
      'direct conversations appear unasked',
      'a room that the server refuses says why',
      'typing and away reach the others',
      'a person who went away earlier',
    ],
    'peers',
  ),
]

function each(file: string, why: string, tests: readonly string[], waitsFor?: string): readonly Exclusion[] {
  return tests.map(test => ({ file, test, why, ...(waitsFor === undefined ? {} : { waitsFor }) }))
}

/** Why a test is not run here; undefined: it is. */
export function exclusionOf(file: string, test: string, runsWaiting: boolean): Exclusion | undefined {
  return EXCLUSIONS.find(
    one => one.file === file && test.startsWith(one.test) && !(runsWaiting && one.waitsFor !== undefined),
  )
}
