/** Text of others in every place that shows, tells or hands on some of it: it stays text. `hostile.test.ts` has the room itself. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RoomMember } from '../../src/client/room.ts'
import { success } from '../../src/protocol/errors.ts'
import type { ChatEvent } from '../../src/protocol/events.ts'
import type { Effect } from '../../src/tui/model/effect.ts'
import { runEffect } from '../../src/tui/screen/effects.ts'
import { type Frame, frameOf } from '../../src/tui/select/frame.ts'
import { type Row, rowWidth } from '../../src/tui/select/row.ts'
import { titleOf } from '../../src/tui/select/title.ts'
import { callSequences } from '../../src/tui/terminal/callText.ts'
import { copyText } from '../../src/tui/terminal/clipboard.ts'
import { cleanLine } from '../../src/tui/text/clean.ts'
import { callOf } from '../../src/tui/update/calls.ts'
import { paint } from '../../src/tui/view/paint.ts'
import { withoutOwnSequences } from '../ownSequences.ts'
import { type FakeClient, type FakeRoom, NOON } from './fakeClient.ts'
import { hostileText } from './text/hostileText.ts'
import { Updates } from './update/world.ts'

const ENTER = '\r'
const CTRL_K = '\x0b'
const CTRL_R = '\x12'
const CTRL_S = '\x13'
const F8 = '\x1b[19~'
const alt = (key: string): string => `\x1b${key}`

/** One place: who or what brings the text, and what the user does to see it. */
type Place = {
  readonly prepare?: (client: FakeClient, text: string) => void
  readonly see?: (screen: Updates, text: string) => void | Promise<void>
}

const member = (name: string, away?: string): [string, RoomMember] => [name, { name, away }]
const messageOf =
  (body: (text: string) => string) =>
  (client: FakeClient, text: string): void =>
    void client.receive(lobbyOf(client), 'alice', body(text))

function lobbyOf(client: FakeClient): FakeRoom {
  return client.rooms.get('lobby') ?? client.open('lobby')
}

const hitsOf = (text: string): ChatEvent[] => [
  {
    action: 'chat',
    room: text,
    seq: 2,
    prev: 1,
    ts: NOON,
    from: text,
    id: 'hit',
    message: `${text} word @me`,
  },
]
const summaryOf = (room: string) => ({
  ...{ room, topic: room, people: 2, last: 0, read: 0, unread: 0, mentions: 0 },
})

const PLACES: Readonly<Record<string, Place>> = {
  'names in the list of rooms': {
    prepare(client, text) {
      client.open(text, { key: 'one', unread: 3 })
      client.open(`@${text}`, { key: '@two', kind: 'direct', members: new Map([member(text, text)]) })
    },
  },
  'the topic of the header': { prepare: (client, text) => void client.open('lobby', { topic: text }) },
  'why somebody is away, in the header': {
    prepare: (client, text) =>
      void client.open('@bob', { members: new Map([['bob', { name: text, away: text }]]) }),
    see: screen => screen.type(alt('2')),
  },
  'the people beside the timeline': {
    prepare: (client, text) =>
      void client.open('lobby', { members: new Map([member(text), member('x', text)]) }),
  },
  'the people of the room (F8)': {
    prepare: (client, text) => void client.open('lobby', { members: new Map([member(text, text)]) }),
    see: screen => screen.type(F8),
  },
  'who is typing': { prepare: (client, text) => void client.open('lobby', { typing: [text, text, text] }) },
  'bold, italic and code': {
    prepare: messageOf(text => `*${text}* _${text}_ \`${text}\` #${text} @${text}`),
  },
  'a block of code, and its language': {
    prepare: messageOf(
      text => `\`\`\`${text.replaceAll('\n', '')}\n${text}\n\`\`\`\n\`\`\`ts\nconst a = "${text}"\n\`\`\``,
    ),
  },
  'quotes and lists': { prepare: messageOf(text => `> ${text}\n- ${text}\n1. *${text}*`) },
  addresses: {
    prepare: messageOf(text => `https://a.example/${text} http://${text}@b.example mailto:${text}@c.example`),
  },
  'a message that is answered, over the answer and over the composer': {
    prepare(client, text) {
      client.receive(lobbyOf(client), text, text)
      const answer = client.receive(lobbyOf(client), 'bob', 'yes')
      lobbyOf(client).timeline[1] = { ...answer, replyTo: 1 }
    },
    see: screen => screen.type(CTRL_S, 'k', 'r'),
  },
  'the composer, by a paste': {
    see: (screen, text) => screen.dispatch({ type: 'paste', text, truncated: false }),
  },
  'the composer, from the editor of the user': {
    see: (screen, text) => screen.dispatch({ type: 'edited', room: 'lobby', answer: success(text) }),
  },
  'the texts that were sent (Ctrl+R)': {
    see(screen, text) {
      screen.dispatch({ type: 'paste', text: `a ${text}`, truncated: false })
      screen.type(ENTER, CTRL_R)
      screen.dispatch({ type: 'paste', text: text.slice(0, 1), truncated: false })
    },
  },
  'what is completed': {
    prepare(client, text) {
      client.open('lobby', { members: new Map([member(`a${text}`)]) })
      client.open(`a${text}`, { key: 'a' })
    },
    see: screen => screen.type('@a', '\t', ' #a'),
  },
  'the switcher': {
    see(screen, text) {
      screen.type(CTRL_K)
      screen.dispatch({ type: 'roomsListed', rooms: [summaryOf(text), summaryOf(`a${text}`)] })
    },
  },
  'what is typed into the switcher': {
    see(screen, text) {
      screen.type(CTRL_K)
      screen.dispatch({ type: 'paste', text, truncated: false })
    },
  },
  'a room that is not there': {
    see: (screen, name) => screen.dispatch({ type: 'noSuchRoom', name, rooms: [summaryOf(name)] }),
  },
  'the list of mentions': {
    see(screen, text) {
      screen.client.server.features.push('mentions')
      screen.type(alt('m'))
      const answer = success({ hits: hitsOf(text) })
      screen.dispatch({ type: 'found', asked: 'mentions', cursor: undefined, answer })
    },
  },
  'a search and its hits': {
    see(screen, text) {
      const asked = `word ${cleanLine(text).trim()}`
      screen.dispatch({ type: 'paste', text: `/search ${asked}`, truncated: false })
      screen.type(ENTER)
      screen.dispatch({ type: 'found', asked, cursor: undefined, answer: success({ hits: hitsOf(text) }) })
    },
  },
  'the messages around a hit': {
    see(screen, text) {
      screen.type('/search word', ENTER)
      screen.dispatch({
        type: 'found',
        asked: 'word',
        cursor: undefined,
        answer: success({ hits: hitsOf(text) }),
      })
      screen.type(ENTER)
      screen.dispatch({ type: 'context', seq: 2, answer: success({ events: hitsOf(text) }) as never })
    },
  },
  'the answer to /whois and /who': {
    prepare(client, text) {
      client.open('lobby', { members: new Map([['bob', { name: text, away: text }]]) })
      Object.assign(client, { members: async () => success([{ name: text, since: 0, away: text }]) })
    },
    async see(screen, text) {
      await run(screen, { type: 'whois', room: 'lobby', name: text })
      await run(screen, { type: 'whois', room: 'lobby', name: 'bob' })
      await run(screen, { type: 'who', room: 'lobby' })
    },
  },
  'errors, remarks, notices and warnings': {
    see(screen, text) {
      const lines = [cleanLine(text)]
      screen.dispatch({ type: 'remark', room: 'lobby', tone: 'info', lines })
      screen.dispatch({ type: 'warning', line: cleanLine(text) })
      screen.dispatch({ type: 'remark', room: 'lobby', tone: 'error', lines })
    },
  },
  'why the server is away': {
    prepare(client, text) {
      client.link = { status: 'waiting', attempt: 1, retryAt: NOON, reason: text }
    },
  },
  'why the server refuses': {
    prepare(client, text) {
      client.link = { status: 'refused', code: 'key_unknown', message: `${text}\n${text}`, accepts: 'x' }
    },
  },
  'why another name is wanted': {
    prepare(client, text) {
      client.link = { status: 'refused', code: 'name_taken', message: text }
    },
  },
  'why to sign in': {
    prepare(client, text) {
      client.link = { status: 'refused', code: 'auth_required', message: text, methods: ['key', 'password'] }
    },
    see(screen, comment) {
      const keys = [{ fingerprint: 'SHA256:abc', comment }]
      screen.dispatch({ type: 'keys', keys, problem: cleanLine(comment) })
    },
  },
  'why a room was not joined, and the name of the server': {
    prepare(client, text) {
      client.server.name = text
      client.open('lobby', { status: 'failed', error: text })
    },
  },
  'tokens of the account': {
    see(screen, label) {
      const token = { n: 1, kind: 'token', label, rooms: [label], may: 'read', created: NOON } as const
      screen.dispatch({ type: 'secrets', of: 'token', secrets: [{ ...token, rooms: [label] }] })
    },
  },
}

const SIZES = [
  [40, 12],
  [80, 24],
  [160, 45],
] as const

describe('text of others is drawn as text, in its place, in', () => {
  test.each(Object.entries(PLACES))('%s', async (_place, { prepare, see }) => {
    await fc.assert(
      fc.asyncProperty(hostileText(), fc.constantFrom(...SIZES), async (text, [columns, rows]) => {
        const screen = new Updates(
          client => {
            client.open('lobby')
            prepare?.(client, text)
          },
          columns,
          rows,
        )
        await see?.(screen, text)
        const frame = frameOf(screen.state, screen.world)
        if (frame === undefined) throw new Error('no frame')
        expectDrawn(frame)
        expect(titleOf(screen.state, screen.world)).not.toMatch(CONTROL)
      }),
      { numRuns: 25 },
    )
  })
})

/** Runs an effect whose answers are events. */
async function run(screen: Updates, effect: Effect): Promise<void> {
  const actions = { suspend() {}, redraw() {}, quit() {} }
  runEffect(effect, screen.client, actions, event => screen.dispatch(event))
  await Promise.resolve()
  await Promise.resolve()
}

/** A control character, or one that turns the reading direction. */
const CONTROL = /[\0-\x1f\x7f-\x9f\p{Bidi_Control}]/u
/** The colours and weights of this program: no background. */
const OWN_LOOKS = /\x1b\[(?:\d|2[2-9]|3[0-79]|9[0-7]|38;5;\d+)m/g

/** Each part has rows of its width, in which nothing but our own sequences is more than text. */
function expectDrawn(frame: Frame): void {
  const { layout, header, rules, timeline, sidebar, people, composer, status, overlay } = frame
  const { columns } = layout
  const parts: readonly (readonly [readonly Row[], number])[] = [
    [[header, ...composer, status, ...(rules === undefined ? [] : [rules.top, rules.bottom])], columns],
    [timeline, layout.pane],
    [sidebar, layout.sidebar],
    [people, layout.people],
    [overlay?.rows ?? [], overlay?.width ?? 0],
  ]
  for (const [rows, width] of parts)
    for (const row of rows) {
      expect(rowWidth(row)).toBeLessThanOrEqual(width)
      expect(withoutOwnSequences(paint(row, 256)).replaceAll(OWN_LOOKS, '')).not.toMatch(CONTROL)
    }
  if (overlay === undefined) return
  for (const row of overlay.rows) expect(rowWidth(row)).toBe(overlay.width)
  expect(overlay.left + overlay.width).toBeLessThanOrEqual(columns)
  expect(overlay.top + overlay.rows.length).toBeLessThanOrEqual(layout.rows)
}

describe('what leaves the screen is ours', () => {
  const NOTIFICATIONS = {
    osc9: /^\x1b\]9;[^\0-\x1f\x7f-\x9f]*\x07$/,
    osc777: /^\x1b\]777;notify;[^\0-\x1f\x7f-\x9f;]*;[^\0-\x1f\x7f-\x9f]*\x07$/,
    osc99:
      /^\x1b\]99;i=chat-tui:d=0:e=1:p=title;[\w+/]*=*\x1b\\\x1b\]99;i=chat-tui:d=1:e=1:p=body;[\w+/]*=*\x1b\\$/,
  } as const

  test.each(['osc9', 'osc777', 'osc99'] as const)('a notification by %s is one sequence', desktop => {
    fc.assert(
      fc.property(hostileText(), fc.integer({ min: 1, max: 3 }), (text, count) => {
        const screen = new Updates(client => {
          client.open('lobby')
          client.open(text, { key: 'dev' })
        })
        screen.type(`/set desktop ${desktop}`, ENTER)
        for (let n = 0; n < count; n++) arrive(screen, text)
        screen.took()
        screen.wait(10_000)
        const [call] = screen.took().flatMap(effect => (effect.type === 'call' ? [effect] : []))
        if (call === undefined) throw new Error('no call')
        expect(callSequences({ ...call, bell: false }, {})).toMatch(NOTIFICATIONS[desktop])
        expect(`${call.title}${call.body}`).not.toMatch(CONTROL)
      }),
      { numRuns: 60 },
    )
  })

  test('a title of the window', () => {
    fc.assert(
      fc.property(hostileText(), text => {
        const screen = new Updates(client => client.open(text, { key: 'only', unread: 2 }))
        expect(`\x1b]2;${titleOf(screen.state, screen.world)}\x07`).toMatch(
          /^\x1b\]2;[^\0-\x1f\x7f-\x9f]*chat-tui\x07$/,
        )
      }),
    )
  })

  test('a copied message is what was seen of it, in Base64', () => {
    fc.assert(
      fc.property(hostileText(), text => {
        const screen = new Updates(client => messageOf(said => `a ${said}`)(client, text))
        screen.type(CTRL_S)
        screen.took()
        screen.type('y')
        const [copied] = screen.took().flatMap(effect => (effect.type === 'copy' ? [effect.text] : []))
        expect(copied).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\p{Bidi_Control}]/u)
        let written = ''
        copyText(copied ?? '', { write: (out: string) => (written += out) } as never, {})
        expect(written).toMatch(/^\x1b\]52;c;[\w+/]*=*\x07$/)
      }),
    )
  })

  test('the bare view has lines of text', () => {
    fc.assert(
      fc.property(hostileText(), text => {
        const screen = new Updates(client => client.receive(lobbyOf(client), text, text))
        screen.took()
        screen.type(alt('l'))
        const [lines = []] = screen.took().flatMap(effect => (effect.type === 'bare' ? [effect.lines] : []))
        expect(lines.length).toBeGreaterThan(0)
        for (const line of lines) expect(line).not.toMatch(CONTROL)
      }),
    )
  })
})

/** A live message that mentions us, in the other room. */
function arrive(screen: Updates, text: string): void {
  const room = screen.client.rooms.get('dev')
  if (room === undefined) throw new Error('no dev')
  const { seq } = screen.client.receive(room, text, `${text} @me`)
  const call = callOf(screen.state, room, { seq, from: text, text, isMention: true })
  if (call !== undefined) screen.dispatch(call)
}
