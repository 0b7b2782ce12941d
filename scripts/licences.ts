import { readdirSync, readFileSync } from 'node:fs'
import type { Metafile } from 'esbuild'

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i

/** Packages that are published without the text of their licence, and their copyright lines by their source files. */
const COPYRIGHTS: Readonly<Record<string, string>> = {
  'yoga-layout': 'Copyright (c) Meta Platforms, Inc. and affiliates.',
}

/** The licences of all bundled packages as one text; the same for the same bundle. Throws for a package without one. */
export function licences(metafile: Pick<Metafile, 'inputs'>): string {
  const directories = Object.keys(metafile.inputs).flatMap(input => packageDirectory(input) ?? [])
  // The same version of a package can be installed in several directories.
  const texts = new Set([...new Set(directories)].map(licenceOf))
  return `chat-tui contains code of the following packages.\n${[...texts].sort().join('')}`
}

function packageDirectory(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
}

function licenceOf(directory: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly license?: string
  }
  if (license === undefined) throw new Error(`${name} names no licence; it cannot be bundled`)
  const files = readdirSync(directory).filter(file => LICENCE_FILE.test(file))
  const texts = files.map(file => readFileSync(`${directory}/${file}`, 'utf8').trim())
  const copyright = COPYRIGHTS[name]
  if (texts.length === 0 && license === 'MIT' && copyright !== undefined) texts.push(mit(copyright))
  if (texts.length === 0) throw new Error(`${name} comes without the text of its licence; see COPYRIGHTS`)
  return `\n${'='.repeat(80)}\n${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
}

/** The licence text of this project; only the copyright line differs. */
function mit(copyright: string): string {
  const ours = readFileSync(new URL('../LICENSE', import.meta.url), 'utf8')
  return ours.replace(/^Copyright .*$/m, copyright).trim()
}
