import { expect, test } from 'vitest'
import { inkOf, type Tone } from '../../../src/tui/select/theme.ts'
import { HUES, HueBook, hueOf, huesOf } from '../../../src/tui/text/hues.ts'

/** The six levels of a part of a colour, from 16 to 231. (https://en.wikipedia.org/wiki/ANSI_escape_code#8-bit) */
const LEVELS = [0, 95, 135, 175, 215, 255]

function rgbOf(code: number): number[] {
  const cube = code - 16
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level => LEVELS[level] ?? 0)
}

/** WCAG 2.2, relative luminance. */
function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map(value => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const TONES = [...HUES.map(hue => `person.${hue}` as const), 'code'] as const
const codeOf = (tone: Tone) => Number(/38;5;(\d+)/.exec(inkOf(tone, 256)[0])?.[1])

test('a name has the same hue on every machine and day, and Alice is alice', () => {
  expect(['alice', 'bob', 'carol', 'dave'].map(name => hueOf(name))).toMatchInlineSnapshot(`
    [
      5,
      0,
      2,
      1,
    ]
  `)
  expect(hueOf('Alice')).toBe(hueOf('aLICE'))
})

test('names spread evenly over the hues', () => {
  const counts = new Map<number, number>()
  for (let index = 0; index < 14_000; index++) {
    const hue = hueOf(`user${index}`)
    counts.set(hue, (counts.get(hue) ?? 0) + 1)
  }
  for (const hue of HUES) expect(counts.get(hue) ?? 0).toBeGreaterThan(800)
})

test('there are at least twelve hues, all different, and programs have another', () => {
  expect(HUES.length).toBeGreaterThanOrEqual(12)
  expect(new Set(TONES.map(codeOf)).size).toBe(HUES.length + 1)
})

test.each(TONES)('%s can be read on white and on black, and is not red', tone => {
  const rgb = rgbOf(codeOf(tone))
  const [red = 0, green = 0, blue = 0] = rgb
  expect((luminance(rgb) + 0.05) / 0.05).toBeGreaterThanOrEqual(3)
  expect(1.05 / (luminance(rgb) + 0.05)).toBeGreaterThanOrEqual(3)
  expect(red > 1.5 * Math.max(green, 1) && red > 1.5 * Math.max(blue, 1) && green < 90).toBe(false)
})

test.each([16, 256] as const)('with %s colours as many people as hues never share one', colors => {
  const hues = new HueBook(huesOf(colors))
  const people = Array.from({ length: huesOf(colors) }, (_, at) => `person${at}`)
  expect(new Set(people.map(name => hues.of(name))).size).toBe(people.length)
})

test('a name keeps its hue while others come', () => {
  const hues = new HueBook(14)
  const before = hues.of('alice')
  for (let index = 0; index < 100; index++) hues.of(`user${index}`)
  expect(hues.of('ALICE')).toBe(before)
})

test('a name that is only mentioned takes no hue from those who speak', () => {
  const hues = new HueBook(2)
  hues.peek('decorator')
  expect(new Set([hues.of('alice'), hues.of('bob')]).size).toBe(2)
})
