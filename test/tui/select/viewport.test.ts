import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TimelineEntry } from '../../../src/client/timelineEntry.ts'
import { createClock } from '../../../src/tui/model/clock.ts'
import { initialState, roomScreen } from '../../../src/tui/model/state.ts'
import { blockAt, blockCount, blockRows, type Scene, sceneOf } from '../../../src/tui/select/blocks.ts'
import { columnsOf } from '../../../src/tui/select/columns.ts'
import type { Row } from '../../../src/tui/select/row.ts'
import { rowWidth } from '../../../src/tui/select/row.ts'
import { anchorAt, bottomPosition, moved, viewportOf } from '../../../src/tui/select/viewport.ts'
import { HueBook } from '../../../src/tui/text/hues.ts'
import { FakeClient, type FakeRoom, NOON } from '../fakeClient.ts'
import { hostileText } from '../text/hostileText.ts'

const clock = createClock('UTC')
const screen = roomScreen(initialState({ columns: 80, rows: 24 }, NOON))

function scene(room: FakeRoom, width = 40, marker?: number): Scene {
  const setting = { columns: columnsOf(width, 8), clock, me: 'me', hues: new HueBook(14) }
  return sceneOf(room, { ...screen, marker }, setting)
}

/** A room with a message of so many letters each. */
function roomOf(lengths: readonly number[]): FakeRoom {
  const client = new FakeClient()
  const room = client.open('lobby')
  for (const [at, length] of lengths.entries()) client.receive(room, `user${at % 3}`, 'x'.repeat(length))
  return room
}

const wholeText = (rows: readonly Row[]): string[] => rows.map(row => row.map(({ text }) => text).join(''))

/** Without the name in the first row: it is there also where the row that names the sender is above. */
function nameless(rows: readonly Row[]): string[] {
  return wholeText(rows).map((row, at) => (at === 0 ? row.replace(/^user\d/, '     ') : row))
}

function allRows(of: Scene): Row[] {
  return Array.from({ length: blockCount(of) }, (_, at) => blockRows(blockAt(of, at))).flat()
}

const lengths = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 30 })
const height = fc.integer({ min: 1, max: 20 })

describe('the visible part of a timeline', () => {
  test('is its end at the bottom, and the whole if it fits', () => {
    fc.assert(
      fc.property(lengths, height, (messages, high) => {
        const of = scene(roomOf(messages))
        const view = viewportOf(of, 'bottom', high)
        expect(nameless(view.rows)).toEqual(nameless(allRows(of).slice(-high)))
        expect(view.atBottom).toBe(true)
      }),
    )
  })

  test('is the same stretch of rows wherever one scrolled to', () => {
    fc.assert(
      fc.property(lengths, height, fc.array(fc.integer({ min: -30, max: 30 })), (messages, high, moves) => {
        const of = scene(roomOf(messages))
        const rows = allRows(of)
        const most = Math.max(0, rows.length - high)
        let at = most
        let place = bottomPosition(of, high)
        for (const by of moves) {
          at = Math.max(0, Math.min(at + by, most))
          place = moved(of, place, by)
          const anchor = anchorAt(of, place)
          const view = viewportOf(of, anchor ?? 'bottom', high)
          place = view.top
          if (anchor === undefined) at = most
          expect(nameless(view.rows)).toEqual(nameless(rows.slice(at, at + high)))
          expect(view.atBottom).toBe(at === most)
        }
      }),
    )
  })

  test('keeps the same row at the same height while pages come before it and messages after it', () => {
    fc.assert(
      fc.property(lengths, lengths, lengths, height, fc.nat(), (older, held, newer, high, scrolled) => {
        fc.pre(held.length > 0)
        const client = new FakeClient()
        const room = client.open('lobby', { moreBefore: true })
        for (const [at, length] of [...older, ...held].entries()) {
          client.receive(room, 'alice', `#${at}# ${'y'.repeat(length)}`)
        }
        const all = [...room.timeline]
        room.timeline = all.slice(older.length)
        const before = scene(room)
        const top = moved(before, bottomPosition(before, high), -(scrolled % 50))
        const anchor = anchorAt(before, top)
        fc.pre(anchor !== undefined && viewportOf(before, anchor, high).rows.length === high)
        const anchored = (of: Scene) => {
          const said = room.timeline.find(entry => entry.kind === 'message' && `m${entry.id}` === anchor?.key)
          const mark = said?.kind === 'message' ? said.text?.split(' ')[0] : undefined
          const shown = wholeText(viewportOf(of, anchor ?? 'bottom', high).rows)
          return shown.findIndex(row => mark !== undefined && row.includes(mark))
        }
        const place = anchored(before)
        fc.pre(place > 0)
        room.timeline = [...all]
        for (const length of newer) client.receive(room, 'bob', 'z'.repeat(length))
        expect(anchored(scene(room))).toBe(place)
      }),
    )
  })

  test('names the sender of the first message, if the row with the name is above', () => {
    const client = new FakeClient()
    const room = client.open('lobby')
    for (let at = 0; at < 9; at++) client.receive(room, 'alice', `message ${at}`, NOON)
    expect(wholeText(viewportOf(scene(room, 50), 'bottom', 3).rows)).toMatchInlineSnapshot(`
      [
        " alice    14:00  message 6",
        "                 message 7",
        "                 message 8",
      ]
    `)
  })

  test('goes to the bottom where the anchored message is no longer kept', () => {
    const room = roomOf([10, 10, 10, 10, 10, 10])
    const of = scene(room)
    const anchor = anchorAt(of, { block: 1, row: 0 })
    room.timeline = room.timeline.slice(3)
    const view = viewportOf(scene(room), anchor ?? 'bottom', 2)
    expect(view.atBottom).toBe(true)
  })

  test('costs by its height, not by the history: it looks at no more than it shows', () => {
    const room = roomOf(Array.from({ length: 5_000 }, () => 30))
    let looked = 0
    const timeline = new Proxy(room.timeline, {
      get(target, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) looked++
        return Reflect.get(target, name)
      },
    })
    const of = scene({ ...room, timeline: timeline as TimelineEntry[] })
    looked = 0
    viewportOf(of, 'bottom', 20)
    expect(looked).toBeLessThan(200)
    const top = moved(of, bottomPosition(of, 20), -19)
    const anchor = anchorAt(of, top)
    looked = 0
    viewportOf(of, anchor ?? 'bottom', 20)
    expect(looked).toBeLessThan(300)
  })
})

describe('rows', () => {
  test('are never wider than the pane, for any text and any name', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), fc.integer({ min: 20, max: 120 }), (text, from, width) => {
        const client = new FakeClient()
        const room = client.open('lobby', { topic: text })
        client.receive(room, from, text)
        client.receive(room, from, `@me ${text}`)
        room.timeline.push({ kind: 'topic', seq: 9, ts: NOON, from, topic: text })
        room.timeline.push({ kind: 'gap', after: 9, before: 400_000, reason: 'missed', loading: true })
        client.say('lobby', text)
        client.settle(room, 0, { status: 'failed', code: 'x', message: text })
        for (const row of allRows(scene(room, width, 0))) {
          expect(rowWidth(row)).toBeLessThanOrEqual(width)
          for (const { text: shown } of row)
            expect(shown).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
        }
      }),
    )
  })

  test('stand under a day, and say a name once for messages in a row', () => {
    const client = new FakeClient()
    const room = client.open('lobby')
    client.receive(room, 'alice', 'late', Date.UTC(2026, 10, 22, 23, 59))
    client.receive(room, 'alice', 'next day', Date.UTC(2026, 10, 23, 0, 1))
    client.receive(room, 'alice', 'and on', Date.UTC(2026, 10, 23, 0, 1, 30))
    client.receive(room, 'alice', 'after a while', Date.UTC(2026, 10, 23, 0, 10))
    expect(wholeText(allRows(scene(room, 60)))).toMatchInlineSnapshot(`
      [
        " ────────── the beginning of #lobby · Sun 22 Nov ──────────",
        " alice    23:59  late",
        " ──────────────── Monday 23 November 2026 ─────────────────",
        " alice    00:01  next day",
        "                 and on",
        " alice    00:10  after a while",
      ]
    `)
  })

  test('show what became of what we said', () => {
    const client = new FakeClient()
    const room = client.open('lobby')
    client.receive(room, 'me', 'stored')
    for (const text of ['under way', 'taken', 'refused']) client.say('lobby', text)
    client.settle(room, 1, { status: 'sent', seq: 2, ts: NOON })
    client.settle(room, 2, { status: 'failed', code: 'forbidden', message: 'not here' })
    const rows = wholeText(allRows(scene(room, 70))).slice(1)
    expect(rows).toMatchInlineSnapshot(`
      [
        " me       14:00  stored",
        " me       15:30  under way                                  … sending",
        "                 taken",
        "               ✗ refused",
        "                 not sent: not here — /retry or /discard",
      ]
    `)
  })

  test('a message of ours that is not sent yet begins a day too, and only once', () => {
    const client = new FakeClient()
    const room = client.open('lobby')
    const midnight = Date.UTC(2026, 10, 24)
    client.receive(room, 'alice', 'late', midnight - 60_000)
    const say = (text: string, ts: number): void => {
      client.say('lobby', text)
      const entry = room.outbox.at(-1)
      if (entry !== undefined) room.outbox = [...room.outbox.slice(0, -1), { ...entry, ts }]
    }
    say('our clock is behind', midnight - 3_600_000)
    say('good morning', midnight + 60_000)
    say('anybody?', midnight + 120_000)
    expect(wholeText(allRows(scene(room, 60)))).toMatchInlineSnapshot(`
      [
        " ────────── the beginning of #lobby · Mon 23 Nov ──────────",
        " alice    23:59  late",
        " me       23:00  our clock is behind              … sending",
        " ──────────────── Tuesday 24 November 2026 ────────────────",
        " me       00:01  good morning                     … sending",
        "          00:02  anybody?                         … sending",
      ]
    `)
  })

  test('the first message of ours in an empty room stands under its day', () => {
    const client = new FakeClient()
    const room = client.open('lobby')
    client.say('lobby', 'hello')
    expect(wholeText(allRows(scene(room, 60)))).toEqual([
      ' ────────── the beginning of #lobby · Mon 23 Nov ──────────',
      ' me       15:30  hello                            … sending',
    ])
  })

  test('tell what is not here', () => {
    const client = new FakeClient()
    const room = client.open('lobby')
    room.timeline.push({ kind: 'gap', after: 0, before: 5, reason: 'expired', loading: false })
    client.receive(room, 'alice', 'one')
    room.timeline.push({ kind: 'gap', after: 6, before: 19, reason: 'long', loading: true })
    room.timeline.push({ kind: 'restart', ts: NOON })
    const rows = wholeText(allRows(scene(room, 80))).map(row => row.replaceAll('─', '').trim())
    expect(rows).toMatchInlineSnapshot(`
      [
        "the beginning of #lobby",
        "older messages are no longer kept",
        "Monday 23 November 2026",
        "alice    14:00  one",
        "up to 12 messages not loaded — loading…",
        "the server started a new log at 14:00",
        "the messages above are kept only here",
      ]
    `)
  })
})
