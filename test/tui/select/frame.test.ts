import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createClock } from '../../../src/tui/model/clock.ts'
import { frameOf } from '../../../src/tui/select/frame.ts'
import { type Row, rowWidth } from '../../../src/tui/select/row.ts'
import { NOON } from '../fakeClient.ts'
import { hostileText } from '../text/hostileText.ts'
import { Updates } from '../update/world.ts'

const OPENINGS = [
  '',
  '\x1bOP',
  '\x0b',
  '\x0babc',
  '\x1b[5~',
  '\x1b[1;3H',
  'some text',
  '\x13',
  '\x13kk',
  '\x13r',
  '/search words\r',
  '\x1b[A',
  '/topic',
  'a\x1b\rb\x1b\rc\x1b\rd\x1b\re',
]

const size = fc.record({ columns: fc.integer({ min: 20, max: 300 }), rows: fc.integer({ min: 5, max: 100 }) })

describe('the screen', () => {
  test('is exactly as high as the terminal and never wider, with any content', () => {
    fc.assert(
      fc.property(
        size,
        fc.array(hostileText(), { maxLength: 6 }),
        fc.constantFrom(...OPENINGS),
        fc.integer({ min: 0, max: 40 }),
        (dimensions, texts, opening, rooms) => {
          const [topic = '', draft = '', ...said] = texts
          const screen = new Updates(
            client => {
              const lobby = client.open('lobby', { topic, typing: said.slice(0, 3), people: 3 })
              for (const text of said) {
                const entry = client.receive(lobby, text.slice(0, 30), text)
                lobby.timeline[lobby.timeline.length - 1] = { ...entry, replyTo: entry.seq - 1 }
              }
              client.receive(lobby, 'me', topic)
              for (let at = 0; at < rooms; at++)
                client.open(`room${at}`, { unread: at * 7, mentions: at % 3 })
            },
            dimensions.columns,
            dimensions.rows,
          )
          screen.dispatch({ type: 'paste', text: draft, truncated: false })
          screen.type(opening)
          screen.client.link = { status: 'waiting', attempt: 1, retryAt: NOON, reason: topic }
          const frame = frameOf(screen.state, screen.world)
          expect(frame).toBeDefined()
          if (frame === undefined) return
          const { header, rules, timeline, sidebar, composer, status, overlay, layout, cursor } = frame
          const across = [
            header,
            ...composer,
            status,
            ...(rules === undefined ? [] : [rules.top, rules.bottom]),
          ]
          expect(across.length + timeline.length).toBe(dimensions.rows)
          fits(across, dimensions.columns)
          fits(timeline, layout.pane)
          fits(sidebar, layout.sidebar)
          expect(sidebar.length === 0 || sidebar.length === timeline.length).toBe(true)
          if (overlay !== undefined) {
            expect(overlay.left + overlay.width).toBeLessThanOrEqual(dimensions.columns)
            expect(overlay.top + overlay.rows.length).toBeLessThanOrEqual(dimensions.rows)
            for (const row of overlay.rows) expect(rowWidth(row)).toBe(overlay.width)
          }
          if (cursor !== undefined) {
            expect(cursor.x).toBeLessThan(dimensions.columns)
            expect(cursor.y).toBeLessThan(dimensions.rows)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  test('is not there where the terminal is too small for one', () => {
    expect(frameOf(new Updates(undefined, 19, 24).state, new Updates().world)).toBeUndefined()
    expect(frameOf(new Updates(undefined, 80, 4).state, new Updates().world)).toBeUndefined()
  })
})

describe('times', () => {
  test('are written as the zone has them, also those that no calendar has', () => {
    const auckland = createClock('Pacific/Auckland')
    expect(auckland.time(NOON)).toBe('03:00')
    expect(auckland.dayLabel(NOON)).toBe('Tuesday 24 November 2026')
    expect(createClock('UTC').day(NOON)).not.toBe(auckland.day(NOON))
    for (const ts of [0, -1, Number.MAX_SAFE_INTEGER, Number.NaN])
      expect(auckland.time(ts)).toMatch(/^\d\d:\d\d$/)
  })
})

function fits(rows: readonly Row[], width: number): void {
  for (const row of rows) expect(rowWidth(row)).toBeLessThanOrEqual(width)
}
