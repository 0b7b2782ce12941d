/** The states of the screen, each with the way to it and back: one busy morning, and what its user does in it. */

import { KeyRing } from '../../../src/client/keyRing.ts'
import { success } from '../../../src/protocol/errors.ts'
import type { ChatEvent } from '../../../src/protocol/events.ts'
import { busyMorning, MORNING } from '../../pictures/busyMorning.ts'
import { type FakeClient, NOON } from '../fakeClient.ts'
import { type RunningScreen, startScreen } from '../screens.ts'

/** Columns and rows of a terminal. */
export type Size = readonly [columns: number, rows: number]

/** The sizes that each state is shown at. */
export const SIZES: readonly Size[] = [
  [40, 12],
  [160, 45],
  [80, 24],
  [100, 30],
]

/** One state of the screen. */
export type ScreenState = {
  /** What the server has; by default the busy morning. */
  readonly prepare?: (client: FakeClient) => void
  /** What leads to it from the first screen: keys, with a moment between those of a list, or what happens. */
  readonly enter?: string | readonly string[] | ((screen: RunningScreen) => void | Promise<void>)
  /** What can be read then, at every size. */
  readonly shows: string | RegExp
  /** The beginning of the header. */
  readonly header?: string
  /** Whether a box stands over the timeline; 'small': on terminals where a line has no room for its words. */
  readonly box?: boolean | 'small'
  /** Where the cursor is: where text is typed, seen or not, at the selected message, or nowhere. */
  readonly cursor?: 'typed' | 'unseen' | 'selected' | 'nowhere'
  /** Keys that lead back to the screen before. The second Esc leads to the newest message. */
  readonly leave?: string
}

/** Esc, as kitty's keyboard writes it: no key can follow it. */
const ESCAPE = '\x1b[27u'
const ENTER = '\r'
const UP = '\x1b[A'
const F1 = '\x1bOP'
const F8 = '\x1b[19~'
const PAGE_DOWN = '\x1b[6~'
const CTRL_K = '\x0b'
const CTRL_R = '\x12'
const CTRL_S = '\x13'
const CTRL_U = '\x15'
const paste = (text: string): string => `\x1b[200~${text}\x1b[201~`
const alt = (key: string): string => `\x1b${key}`

const FINGERPRINT = `SHA256:${'Ab3+'.repeat(10)}xyz`

/** Every state, by its name. */
export const STATES = {
  'a server without rooms': {
    prepare: () => undefined,
    shows: '/join lobby opens one',
    header: ' chatd',
  },
  'connecting for the first time': {
    prepare(client) {
      client.link = { status: 'connecting', attempt: 1 }
      client.open('lobby', { status: 'joining', people: 0 })
    },
    shows: '○ connecting…',
    header: ' #lobby',
  },
  offline: {
    enter: ({ client }) => client.setLink(waiting('no server listens there')),
    shows: /○ offline, .*5 s/,
  },
  'offline for a long reason': {
    enter: ({ client }) => client.setLink(waiting(LONG_REASON)),
    shows: /does not speak TLS|TLS, and nothing was sent/,
    box: 'small',
  },
  'a busy room at its bottom': { shows: '… sending' },
  'reading back, with unread messages above and below': {
    prepare: longNight,
    enter: `${alt('u')}${PAGE_DOWN.repeat(2)}`,
    shows: /↑ 300 new since .*↓ \d+ new below/s,
    header: ' #lobby',
    leave: alt('[1;3F'),
  },
  'peeking at what is unread': {
    enter: `${alt('q')}${ESCAPE}`,
    shows: /─ peeking[ ,]/,
    leave: `${alt('q')}${ESCAPE}`,
  },
  'a message is selected': {
    enter: `${CTRL_S}kk`,
    shows: '▌@alice you',
    cursor: 'selected',
    leave: ESCAPE + ESCAPE,
  },
  'a message is to be reacted to': {
    enter: `${CTRL_S}kk+`,
    shows: '▌1 👍  2 👎',
    cursor: 'selected',
    leave: ESCAPE + ESCAPE,
  },
  'a long message is folded': {
    prepare: client => longPaste(client),
    shows: /more (?:rows|lines)/,
    header: ' #lobby',
  },
  'a long message is opened': {
    prepare: client => longPaste(client),
    enter: `${CTRL_S} `,
    shows: /▌ +line \d+ of a log/,
    header: ' #lobby',
    cursor: 'selected',
    leave: ` ${ESCAPE}${ESCAPE}`,
  },
  'a reply is written': {
    enter: `${CTRL_S}kkrI do`,
    shows: '╭ answering frank',
    leave: `${CTRL_U}${ESCAPE}${ESCAPE}`,
  },
  'a message of ours is edited': {
    prepare(client) {
      busyMorning(client)
      const room = roomOf(client, 'frontend')
      room.outbox = []
      client.receive(room, 'alice', 'on it, give me five minutes', MORNING)
      client.allRead(room)
    },
    enter: UP,
    shows: '╭ editing: on it',
    leave: ESCAPE,
  },
  'commands are completed': { enter: '/', shows: /╭─ Tab takes it, \d+ more/, box: true, leave: CTRL_U },
  'people are completed': { enter: 'and @c', shows: ' @carol', box: true, leave: CTRL_U },
  'an emoji is completed': { enter: ':tad', shows: ':tada:', box: true, leave: CTRL_U },
  'the switcher': { enter: CTRL_K, shows: '╭─ Go to', box: true, leave: ESCAPE },
  'the switcher finds no such room': {
    enter: `${CTRL_K}zebra`,
    shows: 'make #zebra',
    box: true,
    leave: ESCAPE,
  },
  'joining a room that is not there': {
    enter: ['/join frnotend', ENTER],
    shows: 'make #frnotend',
    box: true,
    leave: ESCAPE,
  },
  'the list of mentions': {
    enter: alt('m'),
    shows: '╭─ Mentions of you',
    box: true,
    cursor: 'nowhere',
    leave: ESCAPE,
  },
  'the hits of a search': {
    enter: ['/search build', ENTER],
    shows: /╭─ Search: build {2}1 of 12/,
    box: true,
    cursor: 'nowhere',
    leave: ESCAPE,
  },
  'the messages around a hit': {
    enter: ['/search build', ENTER, ENTER],
    shows: /╭─ Around it[\s\S]*▌ .*build 4821/,
    box: true,
    cursor: 'nowhere',
    leave: ESCAPE + ESCAPE,
  },
  'a search that found nothing': {
    prepare(client) {
      busyMorning(client)
      Object.assign(client, { search: async () => success({ hits: [] }) })
    },
    enter: ['/search unicorn', ENTER],
    shows: 'nothing found',
    box: true,
    cursor: 'nowhere',
    leave: ESCAPE,
  },
  'the texts that were sent': {
    prepare: busyMorning,
    enter: CTRL_R,
    shows: '╭─ Sent before',
    box: true,
    leave: ESCAPE,
  },
  'the help': { enter: F1, shows: '╭─ Keys and commands', box: true, cursor: 'nowhere', leave: F1 },
  // A wide terminal shows the people beside the timeline.
  'the people of the room': {
    enter: ({ terminal }) => terminal.type(terminal.stdout.columns < 160 ? F8 : ''),
    shows: /╭─ People in #frontend|│ 8 people/,
    box: 'small',
  },
  'the composer, near the limit of a message': {
    enter: [paste('nearly too long '.repeat(1_000).trimEnd()), ESCAPE],
    shows: /15\.6 KB/,
    leave: CTRL_U,
  },
  'a composer of many lines': {
    enter: [paste(Array.from({ length: 30 }, (_, at) => `row ${at}`).join('\r')), ESCAPE],
    shows: 'row 29',
  },
  'messages that were not sent': { prepare: failing, shows: /✗ .*not sent: /s },
  'a long error': {
    enter: ({ client }) =>
      client.emit({
        type: 'error',
        code: 'forbidden',
        message: 'only the owner of this room may set its topic; '.repeat(5),
        room: 'frontend',
      }),
    shows: '╭─ Error',
    box: true,
    leave: ESCAPE,
  },
  'a key of the server that is not known': {
    enter: ({ client }) =>
      client.setLink({
        status: 'refused',
        code: 'key_unknown',
        message: `The key of chat.example.org:9011 is not known yet. It is\n${FINGERPRINT}`,
        accepts: FINGERPRINT,
      }),
    shows: '╭─ Not connected',
    box: true,
    cursor: 'nowhere',
  },
  'the choice of how to sign in': {
    enter: ({ client }) => client.setLink(SIGN_IN),
    shows: '▌ password',
    box: true,
    cursor: 'nowhere',
  },
  'a password is typed': {
    async enter({ client, terminal }) {
      client.setLink(SIGN_IN)
      await terminal.shows('▌ password')
      terminal.type('pcorrect horse')
    },
    shows: '› *************',
    box: true,
    cursor: 'unseen',
  },
  'another name is asked for': {
    enter: ({ client }) =>
      client.setLink({ status: 'refused', code: 'name_taken', message: '"alice" is connected already' }),
    shows: '╭─ Another name',
    box: true,
  },
  'the devices of the account': {
    prepare(client) {
      busyMorning(client)
      const device = {
        n: 1,
        kind: 'device',
        label: 'chat-tui on a-laptop',
        created: NOON,
        here: true,
      } as const
      const old = { ...device, n: 2, label: 'chat-tui on an-old-laptop', used: NOON, here: false }
      client.account.list = async () => success({ role: 'member', secrets: [device, old] } as never)
      client.role = 'member'
    },
    enter: ['/devices', ENTER],
    shows: '╭─ Your devices',
    box: true,
    cursor: 'nowhere',
    leave: ESCAPE,
  },
  'a quiet room that was folded is entered': {
    enter: [`${CTRL_K}translations`, ENTER],
    shows: '#translations',
    header: ' #translations',
  },
  'muted rooms stand last': {
    prepare(client) {
      busyMorning(client)
      for (const key of ['random', 'books', '@ivan'])
        roomOf(client, key).notify = { level: undefined, muted: true }
    },
    shows: '… sending',
  },
} satisfies Readonly<Record<string, ScreenState>>

/** What a search finds, and a list of mentions. */
const HITS: readonly ChatEvent[] = Array.from({ length: 12 }, (_, at) => ({
  ...{ action: 'chat', room: at % 3 === 0 ? 'release-engineering-deploys' : 'frontend' },
  ...{ seq: 40 - at, prev: 39 - at, ts: MORNING - at * 3_600_000, from: 'ci', id: `hit${at}` },
  message: `build ${4821 - at} is red: 2 of 914 tests failed (login.spec.ts, focus.spec.ts), @alice please look`,
}))

const SIGN_IN = {
  status: 'refused',
  code: 'auth_required',
  message: '"alice" belongs to somebody: sign in',
  methods: ['key', 'password'],
} as const

const LONG_REASON =
  'the server does not speak TLS, and nothing was sent: an older chatd must be upgraded, or take --plaintext'

const waiting = (reason: string) =>
  ({ status: 'waiting', attempt: 1, retryAt: MORNING + 5_000, reason }) as const

const TWO = new Map(['alice', 'carol'].map(name => [name, { name, away: undefined }]))

function roomOf(client: FakeClient, key: string) {
  const room = client.rooms.get(key)
  if (room === undefined) throw new Error(`no room ${key}`)
  return room
}

/** A hundred messages that were read, and three hundred that were not. */
function longNight(client: FakeClient): void {
  busyMorning(client)
  client.rooms.delete('frontend')
  const lobby = client.open('lobby', { people: 2, members: TWO })
  const say = (at: number): void =>
    void client.receive(
      lobby,
      at % 2 === 0 ? 'carol' : 'dave',
      `message ${at}, in which a little more is said`,
    )
  for (let at = 0; at < 100; at++) say(at)
  client.allRead(lobby)
  for (let at = 100; at < 400; at++) say(at)
}

/** A paste of forty lines, which were read. */
function longPaste(client: FakeClient): void {
  const lobby = client.open('lobby', { people: 2, members: TWO })
  client.receive(lobby, 'carol', Array.from({ length: 40 }, (_, at) => `line ${at} of a log`).join('\n'))
  client.allRead(lobby)
}

function failing(client: FakeClient): void {
  busyMorning(client)
  const room = roomOf(client, 'frontend')
  client.say('frontend', 'and the changelog is done')
  client.settle(room, 0, { status: 'failed', code: 'too_large', message: 'the message is too long' })
  client.settle(room, 1, { status: 'failed', code: 'forbidden', message: 'you may not speak here' })
}

/** Starts the screen of a state, in the room where the morning is busy; `enter` has not happened yet. */
export async function startAt(state: ScreenState, size: Size): Promise<RunningScreen> {
  const screen = startScreen(
    size,
    client => {
      Object.assign(client, {
        search: async () => success({ hits: HITS }),
        mentions: async () => success({ hits: HITS }),
        history: async () => success({ events: HITS.toReversed() }),
      })
      const prepare = state.prepare ?? busyMorning
      prepare(client)
    },
    {
      current: state.header?.slice(2) ?? 'frontend',
      now: () => MORNING,
      keyRing: new KeyRing({ env: { HOME: '/nonexistent' }, mayAsk: () => false }),
      hasMargin: true,
    },
  )
  await screen.terminal.until(() => /^ [●○]/.test(screen.terminal.rows().at(-1) ?? ''))
  await screen.terminal.quiet()
  return screen
}

/** Leads a screen into its state. */
export async function enter(screen: RunningScreen, { enter: way = '', shows }: ScreenState): Promise<void> {
  const { terminal } = screen
  if (typeof way === 'function') await way(screen)
  else
    for (const keys of typeof way === 'string' ? [way] : way) {
      await terminal.quiet()
      terminal.type(keys)
    }
  await terminal.until(() => matches(terminal.screen(), shows), String(shows))
  await terminal.quiet()
}

/** Whether a screen shows what can be read in a state. */
export function matches(shown: string, shows: string | RegExp): boolean {
  return typeof shows === 'string' ? shown.includes(shows) : shows.test(shown)
}
