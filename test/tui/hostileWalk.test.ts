/** All attacks at once on a real terminal: a user goes through every box of the screen, and the terminal stays as we set it. */

import { afterEach, expect, test } from 'vitest'
import type { RoomMember } from '../../src/client/room.ts'
import { success } from '../../src/protocol/errors.ts'
import type { ChatEvent } from '../../src/protocol/events.ts'
import { DEFAULT_SETTINGS } from '../../src/tui/model/settings.ts'
import { withoutOwnSequences } from '../ownSequences.ts'
import { type FakeClient, NOON } from './fakeClient.ts'
import { type RunningScreen, startScreen } from './screens.ts'
import { ATTACKS } from './text/attacks.ts'

const TEXTS = Object.values(ATTACKS)
const ESCAPE = '\x1b[27u'
const CTRL_K = '\x0b'
const CTRL_S = '\x13'
const F8 = '\x1b[19~'
const PAGE_UP = '\x1b[5~'
const alt = (key: string): string => `\x1b${key}`

let running: RunningScreen | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

/** A server on which every name, topic and message attacks. */
function hostileServer(client: FakeClient): void {
  const members = new Map(
    TEXTS.map((text, at): [string, RoomMember] => [`${at}`, { name: text, away: text }]),
  )
  const lobby = client.open('lobby', { members, topic: TEXTS.join(' ') })
  for (const text of TEXTS) {
    client.receive(lobby, text, `*${text}* \`${text}\` https://a.example/${text}`)
    client.receive(lobby, 'mallory', `> ${text}\n- ${text}\n\`\`\`ts\n${text}\n\`\`\``)
    client.open(text, { key: text, unread: 1, topic: text })
  }
  const hits = TEXTS.map((text, at): ChatEvent => {
    const seq = TEXTS.length - at
    return {
      action: 'chat',
      room: text,
      seq,
      prev: seq - 1,
      ts: NOON,
      from: text,
      id: `${at}`,
      message: `${text} word`,
    }
  })
  Object.assign(client, {
    search: async () => success({ hits }),
    mentions: async () => success({ hits }),
    history: async () => success({ events: hits.toReversed() }),
    members: async () => success(TEXTS.map(name => ({ name, since: 0, away: name }))),
    listRooms: async () =>
      success(
        TEXTS.map(room => ({ room, topic: room, people: 1, last: 0, read: 0, unread: 0, mentions: 0 })),
      ),
  })
  client.server.features.push('mentions')
  client.server.name = TEXTS.join(' ')
}

/** What the user does, each step with what the screen shows then. */
const STEPS: readonly (readonly [keys: string, shows: string | undefined])[] = [
  [PAGE_UP.repeat(3), undefined],
  [`${CTRL_S}k`, undefined],
  ['r', 'answering'],
  [ESCAPE + ESCAPE, undefined],
  [F8, undefined],
  [ESCAPE, undefined],
  [CTRL_K, 'Go to'],
  ['stays', undefined],
  [ESCAPE, undefined],
  [alt('m'), 'Mentions of you'],
  ['\r', 'Around it'],
  [ESCAPE + ESCAPE, undefined],
  ['/search word', undefined],
  ['\r', 'Search: word'],
  [ESCAPE, undefined],
  ['/who', undefined],
  ['\r', undefined],
  ['@', 'takes it'],
  ['\x15', undefined],
  [`\x1b[200~${TEXTS.join(' ').replaceAll('\x1b[201~', '')}\x1b[201~`, undefined],
  ['\x15', undefined],
  // The terminal itself breaks the lines of the bare view.
  [alt('l'), 'select with the mouse'],
  ['x', undefined],
]

/** The sequences of this program beside its title and its links: the cursor, erasing, modes, questions, looks. */
const OWN_CONTROLS =
  /\x1b\[(?:\d*[ABCDEFGK]|H|2?J|\?\d+[hlsr]|\?u|c|6n|<u|>5u|2[23];2t|(?:\d|2[2-9]|3[0-79]|9[0-7]|38;5;\d+)m)|\x1b[78]/g
const OWN_NOTIFICATION = /\x1b\]777;notify;[^\0-\x1f\x7f-\x9f;]*;[^\0-\x1f\x7f-\x9f]*\x07/g

test.each([
  [40, 12],
  [100, 30],
  [160, 45],
] as const)('the terminal of %ix%i gets only what is ours', async (...size) => {
  running = startScreen(size, hostileServer, {
    hasMargin: true,
    settings: { ...DEFAULT_SETTINGS, bell: false, desktop: 'osc777' },
  })
  const { terminal, client } = running
  const targets = new Set<string>()
  const titles = new Set<string>()
  terminal.xterm.parser.registerOscHandler(8, data => targets.add(data).size > 0)
  terminal.xterm.onTitleChange(title => titles.add(title))
  await terminal.until(() => /^ ●/.test(terminal.rows().at(-1) ?? ''))
  for (const [keys, shows] of STEPS) {
    terminal.type(keys)
    if (shows !== undefined) await terminal.shows(shows)
    await terminal.quiet()
    if (!terminal.screen().includes('select with the mouse'))
      expect(terminal.beyond(), terminal.screen()).toBe('')
  }
  for (const room of client.rooms.values()) {
    const { seq, ts, id } = client.receive(room, room.name, `@me ${room.name}`)
    const message = `@me ${room.name}`
    const event = {
      action: 'chat',
      room: room.name,
      seq,
      prev: seq - 1,
      ts,
      from: room.name,
      id,
      message,
    } as const
    client.emit({ type: 'message', room, event, mention: true })
  }
  await terminal.until(() => terminal.written.includes('\x1b]777;'), 'a notification')

  const rest = withoutOwnSequences(terminal.written)
    .replace(OWN_NOTIFICATION, '')
    .replaceAll(OWN_CONTROLS, '')
  expect(rest.match(/.{0,40}[\0-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f].{0,40}/gu)).toBeNull()
  expect(rest).not.toMatch(/[\p{Bidi_Control}\u2028\u2029]/u)
  expect(terminal.isAlternate).toBe(true)
  expect(terminal.xterm.modes).toMatchObject({ bracketedPasteMode: true, mouseTrackingMode: 'none' })
  expect([...targets].filter(target => !/^;(?:https:\/\/a\.example\/[!-~]*)?$/.test(target))).toEqual([])
  expect([...titles].filter(title => !title.endsWith('#lobby – chat-tui'))).toEqual([])
})
