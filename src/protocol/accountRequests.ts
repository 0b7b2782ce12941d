import * as z from 'zod'
import { role, seq, timestamp } from './events.ts'
import { request } from './request.ts'

/** The most characters of a password. */
const MAX_PASSWORD = 1_024

const password = z.string().max(MAX_PASSWORD)

/** What a person signs in by. */
export const credential = {
  password: password.optional().describe('the password of the account, or a token'),
  signature: z
    .string()
    .max(8_192)
    .optional()
    .describe('base64 of an SSHSIG by a key of the account, see "Signing in"'),
}

/** The same for requests that want it again. */
const again = {
  password: password.optional().describe('the password again, unless you signed in by a credential just now'),
  signature: credential.signature,
}

const key = z.string().max(4_096).describe('the line of a public key, as `~/.ssh/id_ed25519.pub` holds it')
const n = z.int().min(1)

/** The requests about the account of the client. */
export const accountRequests = {
  register: request(
    'register',
    { password: password.optional(), key: key.optional() },
    'Makes an account of the name and the session of this client, opened by a password, a key or both.',
  ),
  password: request(
    'password',
    {
      old: password
        .optional()
        .describe('the present password, unless you signed in by a credential just now'),
      new: password,
      signature: credential.signature,
    },
    'Sets the password of the account.',
  ),
  account: request('account', {}, 'Lists what opens the account.'),
  addkey: request('addkey', { key, ...again }, 'Adds an SSH key to the account.'),
  token: request(
    'token',
    {
      label: z.string().max(64).describe('what the list calls it'),
      rooms: z.array(z.string()).min(1).max(100).describe('the only rooms that it is for'),
      may: z.enum(['read', 'speak']),
      expires: timestamp.optional(),
      ...again,
    },
    'Makes a token, by which a program signs in as the account: bound to rooms, to reading or speaking.',
  ),
  revoke: request(
    'revoke',
    { n: n.describe('its number in the answer to `account`') },
    'Takes a device, a token or a key away, and ends its connections.',
  ),
  invite: request(
    'invite',
    {
      room: z.string().optional().describe('a room that the invited person joins at once'),
      uses: z.int().min(1).max(100).optional().describe('how many may take it; 1'),
      expires: timestamp.optional().describe('in seven days'),
    },
    'Makes an invitation: a link that makes an account.',
  ),
  mydata: request(
    'mydata',
    { after: seq.optional().describe('`next` of the page before') },
    'Reads everything that the server keeps about the client: the account first, then every event of it.',
  ),
  eraseme: request(
    'eraseme',
    { username: z.string().describe('the own name, as a confirmation'), ...again },
    'Deletes everything that was said under the name, and the account, for ever.',
  ),
} as const

/** One thing that opens an account. */
const secret = z
  .object({
    n,
    kind: z.enum(['device', 'token', 'key']),
    label: z.string(),
    fingerprint: z.string().optional().describe('of a key'),
    rooms: z.array(z.string()).optional().describe('of a token'),
    may: z.enum(['read', 'speak']).optional().describe('of a token'),
    created: timestamp,
    used: timestamp.optional().describe('the beginning of the day of its last use, in UTC'),
    expires: timestamp.optional(),
    here: z.literal(true).optional().describe('this connection uses it'),
  })
  .meta({ id: 'Secret', description: 'A device, a token or a key that opens an account.' })

/** The fields of the `ok` to each of {@link accountRequests}. */
export const accountResults = {
  register: z.object({ role }),
  password: z.object({}),
  account: z.object({
    role,
    password: z.boolean().describe('whether it has one'),
    created: timestamp,
    secrets: z.array(secret),
  }),
  addkey: z.object({ n, fingerprint: z.string() }),
  token: z.object({ n, token: z.string().describe('shown this once') }),
  revoke: z.object({ n }),
  invite: z.object({
    link: z.string(),
    code: z.string(),
    uses: z.int().min(1),
    expires: timestamp,
  }),
  mydata: z.object({
    records: z.array(z.looseObject({ record: z.string() })),
    next: seq.optional().describe('there is more after it'),
  }),
  eraseme: z.object({}),
} as const

/** One thing that opens an account. */
export type AccountSecret = z.infer<typeof secret>
