import { readFileSync } from 'node:fs'

// Baked in by the build; from source it is read from package.json.
declare const __VERSION__: string | undefined

/** The version of this package, as in package.json. */
export const VERSION: string = typeof __VERSION__ === 'string' ? __VERSION__ : readVersion()

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { readonly version: string }
  return version
}
