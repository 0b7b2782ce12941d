/** What the build changes in Ink and in the packages it measures text with. Each change says why. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Plugin } from 'esbuild'

/** What Ink gets from us instead of its own; each file says why. */
const WIDTH = 'src/tui/inkParts/width.ts'
const OUTPUT = 'src/tui/inkParts/output.ts'

/** The files that Ink has to ask for: where a release of Ink does not, the build fails. */
export const INK_PARTS: readonly string[] = [WIDTH, OUTPUT]

const ownParts: Plugin = {
  name: 'ink-parts',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer.includes('node_modules') ? { path: resolve(WIDTH) } : undefined,
    )
    onResolve({ filter: /^\.\/output\.js$/ }, ({ importer }) =>
      /ink[\\/]build[\\/]renderer\.js$/.test(importer) ? { path: resolve(OUTPUT) } : undefined,
    )
  },
}

/** One place in the files of a package, and what stands there in the bundle. */
type Change = {
  readonly files: RegExp
  readonly old: string | RegExp
  readonly replacement: string
}

/**
 * Ink cleans the text of every row of the screen again for each frame, also of the rows that have not changed. With this change it
 * keeps what it found, of some screens of rows, so that the memory is bounded.
 */
const KEPT_CLEANING: Change = {
  files: /ink[\\/]build[\\/]sanitize-ansi\.js$/,
  old: 'export default sanitizeAnsi;',
  replacement: `export default keptSanitizeAnsi;
let sanitized = new Map();
function keptSanitizeAnsi(text) {
  const known = sanitized.get(text);
  if (known !== undefined) return known;
  if (sanitized.size > 2000) sanitized = new Map();
  const made = sanitizeAnsi(text);
  sanitized.set(text, made);
  return made;
}`,
}

/** The first segmenter of a process takes 20 ms. These packages make one while they are loaded; now they wait for a text. */
const LATE_SEGMENTER: Change = {
  files:
    /(string-width[\\/]index|wrap-ansi[\\/]index|slice-ansi[\\/]tokenize-ansi|ink[\\/]build[\\/]line-update|ansi-tokenize[\\/]build[\\/]tokenize)\.js$/,
  old: /^const (\w+) = (new Intl\.Segmenter\(.*\));$/gm,
  replacement: `let made_$1;
const $1 = { segment: text => (made_$1 ??= $2).segment(text) };`,
}

/**
 * The expression of all emoji takes 40 ms to make. Each emoji holds a character that is drawn as one by itself, or the sign
 * that asks for it, and no other text needs the expression. A test compares the two on all emoji.
 */
const LATE_EMOJI: Change = {
  files: /string-width[\\/]index\.js$/,
  old: String.raw`const rgiEmojiRegex = /^\p{RGI_Emoji}$/v;`,
  replacement: String.raw`const mayBeEmoji = /[\p{Emoji_Presentation}\ufe0f]/u;
let madeExpression;
const rgiEmojiRegex = { test: text => mayBeEmoji.test(text) && (madeExpression ??= /^\p{RGI_Emoji}$/v).test(text) };`,
}

const CHANGES: readonly Change[] = [KEPT_CLEANING, LATE_SEGMENTER, LATE_EMOJI]

/** Makes the changes. A release that has other text in such a place fails the build. */
const changedPlaces: Plugin = {
  name: 'changed-places',
  setup: ({ onLoad }) => {
    const changed = new RegExp(CHANGES.map(({ files }) => files.source).join('|'))
    onLoad({ filter: changed }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      return { contents: changedSource(path, source), loader: 'js' }
    })
  },
}

/** The text of a package's file with the changes that are for it. Throws where a place is missing or there are two. */
export function changedSource(path: string, source: string): string {
  return CHANGES.filter(({ files }) => files.test(path)).reduce((text, { old, replacement }) => {
    const places = typeof old === 'string' ? text.split(old).length - 1 : [...text.matchAll(old)].length
    if (places !== 1) throw new Error(`${path} has changed: look at the changes of scripts/inkPlugins.ts`)
    return typeof old === 'string' ? text.replace(old, () => replacement) : text.replace(old, replacement)
  }, source)
}

/** The plugins of the build of the programs. */
export const inkPlugins: Plugin[] = [ownParts, changedPlaces]
