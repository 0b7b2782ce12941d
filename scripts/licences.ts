import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Metafile } from 'esbuild'

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i

/** The licences of everything that was bundled, as one text; the same for the same bundle. Throws where a package has none. */
export function licences(metafile: Metafile): string {
  const directories = Object.keys(metafile.inputs).flatMap(input => packageDirectory(input) ?? [])
  const texts = [...new Set(directories)].sort().map(licenceOf)
  return `chat-tui contains code of the following packages.\n${texts.join('')}`
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
  const files = existsSync(directory) ? readdirSync(directory).filter(file => LICENCE_FILE.test(file)) : []
  const text = files.map(file => readFileSync(`${directory}/${file}`, 'utf8').trim()).join('\n\n')
  return `\n${'='.repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`
}
