import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gemoji } from 'gemoji'
import stringWidth from 'string-width'
import { afterAll, describe, expect, test } from 'vitest'
import { changedSource } from '../../scripts/inkPlugins.ts'

const FILE = 'node_modules/string-width/index.js'
const directory = mkdtempSync(join(tmpdir(), 'chat-tui-width-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** The planes that have characters, but for the tags and private ones, of which no emoji begins. */
const PLANES = 0x3_0000

/** The copy that the build puts into the bundle, beside the packages that it asks for. */
async function changedStringWidth(): Promise<typeof stringWidth> {
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  const file = join(directory, 'index.mjs')
  writeFileSync(file, changedSource(FILE, readFileSync(FILE, 'utf8')))
  const { default: changed } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
    default: typeof stringWidth
  }
  return changed
}

/** Each code point that can stand alone, each with the sign that asks for an emoji, and the sequences of people and flags. */
function* texts(): Generator<string> {
  for (let point = 0; point < PLANES; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue
    const character = String.fromCodePoint(point)
    yield character
    if (/\p{Emoji}/u.test(character)) {
      yield `${character}\ufe0f`
      yield `${character}\ufe0f\u20e3`
      for (const tone of ['\u{1f3fb}', '\u{1f3ff}']) yield character + tone
    }
  }
  for (const { emoji } of gemoji) {
    yield emoji
    yield `a${emoji}b`
  }
}

describe('what the build changes in packages', () => {
  test('the measure of texts gives what the package gives, for each character and each emoji', async () => {
    const changed = await changedStringWidth()
    const different = [...texts()].filter(text => changed(text) !== stringWidth(text))
    expect(different).toEqual([])
  })

  test('a release that has other text in a changed place is refused', () => {
    expect(() => changedSource(FILE, 'export default 1')).toThrow('has changed')
  })

  test('a file without changes stays as it is', () => {
    expect(changedSource('node_modules/react/index.js', 'const a = 1')).toBe('const a = 1')
  })
})
