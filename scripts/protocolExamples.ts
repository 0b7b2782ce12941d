/** Literal lines for docs/protocol.md; a test checks each against its schema. */

/** A request, and its answer. */
export interface Example {
  readonly request: object
  readonly answer: object
}

const chat = {
  action: 'chat',
  room: 'dev',
  seq: 41,
  prev: 38,
  ts: 1795393895311,
  from: 'alice',
  id: '0190f3a2-7c4e-7d7a-9d3e-2f1b8c6a5e10',
  message: 'hello',
}
const FINGERPRINT = 'SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM'
const KEY_LINE =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMx0a5Xo6xI5pXo7C0dZBZ0m8VqC5p9S1q3b2Y4Q0b1c alice@laptop'
const stored = { room: 'dev', seq: 42, ts: 1795393899000 }

/** One example a request, by its action. */
export const REQUEST_EXAMPLES: Readonly<Record<string, Example>> = {
  connect: {
    request: {
      action: 'connect',
      username: 'alice',
      protocol: 1,
      id: 'c1',
      client: 'mybot 1.0',
      features: ['renames'],
    },
    answer: {
      action: 'welcome',
      id: 'c1',
      server: { name: 'chatd', version: '0.1.0' },
      protocol: 1,
      username: 'alice',
      session: 'MOJtzr8ml7yJkR8Y3ngrI4MvBLfSPr_O',
      epoch: '18e405bd-2e8a-49dd-96d1-80f33eb8ebfa',
      limits: {
        frame: 65536,
        message: 16384,
        topic: 512,
        away: 256,
        emoji: 32,
        query: 256,
        reactions: 20,
        rooms: 1000,
        page: 200,
      },
      features: ['connect', 'joinroom', 'chat'],
      policy: 'open',
      ts: 1795393894819,
    },
  },
  joinroom: {
    request: {
      action: 'joinroom',
      id: 'j1',
      room: 'dev',
      since: 38,
      epoch: '18e405bd-2e8a-49dd-96d1-80f33eb8ebfa',
    },
    answer: {
      action: 'ok',
      id: 'j1',
      room: 'dev',
      epoch: '18e405bd-2e8a-49dd-96d1-80f33eb8ebfa',
      topic: 'Development',
      people: 2,
      members: ['alice', 'bob'],
      first: 3,
      last: 41,
      read: 38,
    },
  },
  leaveroom: {
    request: { action: 'leaveroom', id: 'l1', room: 'dev' },
    answer: { action: 'ok', id: 'l1', room: 'dev' },
  },
  chat: {
    request: {
      action: 'chat',
      id: '0190f3a2-7c4e-7d7a-9d3e-2f1b8c6a5e11',
      room: 'dev',
      message: 'hi',
      replyTo: 41,
    },
    answer: { action: 'ok', id: '0190f3a2-7c4e-7d7a-9d3e-2f1b8c6a5e11', ...stored },
  },
  edit: {
    request: { action: 'edit', id: 'e1', room: 'dev', target: 41, message: 'hello!' },
    answer: { action: 'ok', id: 'e1', ...stored },
  },
  delete: {
    request: { action: 'delete', id: 'd1', room: 'dev', target: 41 },
    answer: { action: 'ok', id: 'd1', ...stored },
  },
  react: {
    request: { action: 'react', id: 'r1', room: 'dev', target: 41, emoji: '👍', on: true },
    answer: { action: 'ok', id: 'r1', ...stored },
  },
  topic: {
    request: { action: 'topic', id: 't1', room: 'dev', topic: 'Development' },
    answer: { action: 'ok', id: 't1', ...stored },
  },
  history: {
    request: { action: 'history', id: 'h1', room: 'dev', before: 42, limit: 1 },
    answer: {
      action: 'ok',
      id: 'h1',
      events: [chat],
      first: 3,
      last: 41,
      moreBefore: true,
      moreAfter: false,
    },
  },
  search: {
    request: { action: 'search', id: 's1', query: 'release notes', room: 'dev', from: 'alice' },
    answer: { action: 'ok', id: 's1', hits: [chat] },
  },
  rooms: {
    request: { action: 'rooms', id: 'o1', all: true },
    answer: {
      action: 'ok',
      id: 'o1',
      rooms: [{ room: 'dev', topic: 'Development', people: 2, last: 41, read: 38, unread: 1, mentions: 0 }],
    },
  },
  members: {
    request: { action: 'members', id: 'm1', room: 'dev', after: 'alice', limit: 200 },
    answer: {
      action: 'ok',
      id: 'm1',
      members: [{ name: 'bob', since: 1795393800000, away: 'lunch' }],
      more: false,
    },
  },
  notify: {
    request: { action: 'notify', id: 'n1', room: 'dev', level: 'mentions', muted: false },
    answer: { action: 'ok', id: 'n1', room: 'dev', level: 'mentions' },
  },
  mentions: {
    request: { action: 'mentions', id: 'q2', limit: 1 },
    answer: {
      action: 'ok',
      id: 'q2',
      hits: [
        {
          action: 'chat',
          room: 'dev',
          seq: 41,
          prev: 40,
          ts: 1795393812345,
          from: 'bob',
          id: '0b6f2c1e-8d57-4b5a-9a30-6f1f0b7a2a11',
          message: '@alice could you have a look?',
        },
      ],
      cursor: '41',
    },
  },
  read: {
    request: { action: 'read', id: 'p1', room: 'dev', seq: 41 },
    answer: { action: 'ok', id: 'p1', room: 'dev', seq: 41 },
  },
  typing: {
    request: { action: 'typing', id: 'y1', room: 'dev', on: true },
    answer: { action: 'ok', id: 'y1' },
  },
  away: { request: { action: 'away', id: 'a1', message: 'lunch' }, answer: { action: 'ok', id: 'a1' } },
  ping: { request: { action: 'ping', id: 'z1' }, answer: { action: 'ok', id: 'z1' } },
  register: {
    request: { action: 'register', id: 'g1', key: KEY_LINE },
    answer: { action: 'ok', id: 'g1', role: 'user' },
  },
  password: {
    request: { action: 'password', id: 'w1', old: 'correct horse', new: 'battery staple' },
    answer: { action: 'ok', id: 'w1' },
  },
  account: {
    request: { action: 'account', id: 'n1' },
    answer: {
      action: 'ok',
      id: 'n1',
      role: 'user',
      password: false,
      created: 1795393800000,
      secrets: [
        {
          n: 7,
          kind: 'device',
          label: 'thinkpad',
          created: 1795393800000,
          used: 1795392000000,
          here: true,
        },
        {
          n: 9,
          kind: 'key',
          label: `${FINGERPRINT} alice@laptop`,
          fingerprint: FINGERPRINT,
          created: 1795393800000,
        },
      ],
    },
  },
  addkey: {
    request: { action: 'addkey', id: 'k1', key: KEY_LINE },
    answer: { action: 'ok', id: 'k1', n: 9, fingerprint: FINGERPRINT },
  },
  token: {
    request: { action: 'token', id: 'q1', label: 'ci', rooms: ['dev'], may: 'speak' },
    answer: { action: 'ok', id: 'q1', n: 11, token: 'chatd_tNL52HyWNSI9gzWn8dM2Zky1lPVmwX1Z4Ver6V' },
  },
  revoke: {
    request: { action: 'revoke', id: 'v1', n: 7 },
    answer: { action: 'ok', id: 'v1', n: 7 },
  },
  invite: {
    request: { action: 'invite', id: 'i1', room: 'dev' },
    answer: {
      action: 'ok',
      id: 'i1',
      link: 'chat://chat.example.org:9011/join/K7QF92MXABCDEFGHIJKL',
      code: 'K7QF92MXABCDEFGHIJKL',
      uses: 1,
      expires: 1795998600000,
    },
  },
  mydata: {
    request: { action: 'mydata', id: 'x1', after: 0 },
    answer: {
      action: 'ok',
      id: 'x1',
      records: [
        { record: 'account', name: 'alice', role: 'user', created: 1795393800000, password: false },
        { record: 'room', room: 'dev', read: 38 },
        { record: 'event', ...chat },
      ],
    },
  },
  eraseme: {
    request: { action: 'eraseme', id: 'f1', username: 'alice', password: 'correct horse' },
    answer: { action: 'ok', id: 'f1' },
  },
}

const logged = { ...chat, message: undefined, seq: 43, prev: 41 }

/** Frames that a server sends unasked: events first, then signals. */
export const SERVER_EXAMPLES: readonly object[] = [
  {
    ...chat,
    edited: 44,
    replyTo: 38,
    reactions: { '👍': { names: ['bob'], count: 1 } },
  },
  { ...logged, action: 'edit', target: 41, message: 'hello!' },
  { ...logged, action: 'delete', target: 41 },
  { ...logged, action: 'react', target: 41, emoji: '👍', on: true },
  { ...logged, action: 'topic', topic: 'Development' },
  { action: 'gap', room: 'dev', after: 38, before: 1941, reason: 'long' },
  { action: 'joined', room: 'dev', from: 'bob', people: 3 },
  { action: 'left', room: 'dev', from: 'bob', people: 2 },
  { action: 'presence', from: 'bob', state: 'away', message: 'lunch' },
  { action: 'typing', room: 'dev', from: 'bob', on: true },
  { action: 'read', room: 'dev', seq: 41 },
  { action: 'notify', room: 'dev', level: 'none', muted: true },
  { action: 'people', room: 'town', people: 1204 },
  { action: 'renamed', room: 'dev', title: 'platform' },
  { action: 'ended', room: 'old-project' },
  { action: 'notice', message: 'maintenance at 18:00' },
  { action: 'bye', reason: 'shutting_down', message: 'the server is stopping', retryAfter: 1000 },
]
