import { expect, test } from 'vitest'
import { NAME_COLORS, nameColor } from '../../../src/tui/text/nameColor.ts'

/** xterm's own sixteen colours, for those that names may have. */
const XTERM: Record<(typeof NAME_COLORS)[number], [number, number, number]> = {
  red: [0xcd, 0, 0],
  green: [0, 0xcd, 0],
  magenta: [0xcd, 0, 0xcd],
  cyan: [0, 0xcd, 0xcd],
  redBright: [0xff, 0, 0],
  magentaBright: [0xff, 0, 0xff],
  blueBright: [0x5c, 0x5c, 0xff],
}

function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map(value => {
    const part = value / 255
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

test('a name has the same colour on every machine and day', () => {
  expect(['alice', 'bob', 'carol', 'dave'].map(nameColor)).toMatchInlineSnapshot(`
    [
      "magentaBright",
      "red",
      "magenta",
      "green",
    ]
  `)
})

test('Alice and alice are one person and have one colour', () => {
  expect(nameColor('Alice')).toBe(nameColor('aLICE'))
})

test('names spread evenly over the colours', () => {
  const counts = new Map<string, number>()
  for (let index = 0; index < 7000; index++) {
    const color = nameColor(`user${index}`)
    counts.set(color, (counts.get(color) ?? 0) + 1)
  }
  for (const color of NAME_COLORS) expect(counts.get(color) ?? 0).toBeGreaterThan(800)
})

test.each(NAME_COLORS)('%s can be told from a white and from a black background', color => {
  const light = luminance(XTERM[color])
  expect((light + 0.05) / 0.05).toBeGreaterThan(1.9)
  expect(1.05 / (light + 0.05)).toBeGreaterThan(1.9)
})
