import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { licences } from '../../scripts/licences.ts'
import { temporaryDirectory } from '../server/directory.ts'

const MODULES = new URL('../../node_modules', import.meta.url).pathname

const bundleOf = (...files: readonly string[]) => ({
  inputs: Object.fromEntries(files.map(file => [file, { bytes: 1, imports: [] }])),
})

/** A file of a package as it would be installed. */
function installed(directory: string, manifest: object, licence?: string): string {
  const place = join(temporaryDirectory(), directory, 'node_modules', 'some')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'some', version: '1.0.0', ...manifest }))
  if (licence !== undefined) writeFileSync(join(place, 'LICENCE.md'), licence)
  return join(place, 'some.js')
}

describe('the licences of what is bundled', () => {
  test('are those of packages, once for each version, independent of the used files', () => {
    const text = licences(
      bundleOf(
        'src/server/main.ts',
        installed('a', { license: 'ISC' }, 'do as you like'),
        installed('b', { license: 'ISC' }, 'do as you like'),
        installed('c', { license: 'ISC', version: '2.0.0' }, 'do as you like'),
      ),
    )
    expect(text.match(/^some .*$/gm)).toEqual(['some 1.0.0 (ISC)', 'some 2.0.0 (ISC)'])
    expect(text.match(/do as you like/g)).toHaveLength(2)
  })

  test('have their text also where the package forgot it', () => {
    const text = licences(bundleOf(`${MODULES}/yoga-layout/dist/src/index.js`))
    expect(text).toMatch(/^yoga-layout \S+ \(MIT\)\n\nMIT License\n\nCopyright \(c\) Meta Platforms/m)
    expect(text).toContain('Permission is hereby granted')
  })

  test('a package without one cannot be bundled', () => {
    expect(() => licences(bundleOf(installed('a', {})))).toThrow('some names no licence')
    expect(() => licences(bundleOf(installed('a', { license: 'MIT' })))).toThrow('without the text')
  })
})
