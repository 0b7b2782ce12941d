import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fencedBlocks, isAsShown } from './fencedBlocks.ts'

const SCENARIOS = join(import.meta.dirname, 'systemd/scenarios')
const read = (name: string): string => readFileSync(join(import.meta.dirname, '../docs', name), 'utf8')
const document = read('operating.md')

/** The sections of a document that scenarios walk through. */
async function walked(name: string): Promise<readonly string[]> {
  const sections: string[] = []
  for (const file of readdirSync(SCENARIOS)) {
    const exported = (await import(join(SCENARIOS, file))) as Readonly<Record<string, unknown>>
    for (const value of Object.values(exported))
      if (
        typeof value === 'object' &&
        value !== null &&
        'sections' in value &&
        'document' in value &&
        value.document === name
      )
        sections.push(...(value.sections as readonly string[]))
  }
  return sections
}

describe.each([
  ['operating.md', 30],
  ['cluster.md', 4],
])('docs/%s', (name, most) => {
  test('a scenario of test/systemd runs each block, once', async () => {
    const headings = [...new Set(fencedBlocks(read(name)).map(({ heading }) => heading))]
    expect(headings.length).toBeGreaterThan(most)
    expect([...(await walked(name))].sort()).toEqual(headings.sort())
  })

  test('no two headings are the same, since a scenario names them', () => {
    const headings = [...read(name).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading)
    expect(headings.filter((heading, at) => headings.indexOf(heading) !== at)).toEqual([])
  })
})

describe('docs/operating.md', () => {
  test('the package has the version of this checkout', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
      readonly version: string
    }
    expect(document).toContain(`apt install ./chatd_${version}-1_amd64.deb`)
  })
})

describe('blocks of a document', () => {
  test('each says what is done with it', () => {
    const text =
      '# One\n```sh\na\nb\n```\n```text shown\nc\n```\n## Two\n```sh on=laptop serves\nd\n```\n```ini write=/e\nf\n```\n```toml set=/g\nh = 1\n```\n```x add=/i\n\n```\n'
    expect(fencedBlocks(text)).toEqual([
      { heading: 'One', kind: 'run', on: 'server', serves: false, text: 'a\nb\n', line: 3 },
      { heading: 'One', kind: 'shown', text: 'c\n', line: 7 },
      { heading: 'Two', kind: 'run', on: 'laptop', serves: true, text: 'd\n', line: 11 },
      { heading: 'Two', kind: 'file', path: '/e', isAdded: false, text: 'f\n', line: 14 },
      { heading: 'Two', kind: 'keys', path: '/g', text: 'h = 1\n', line: 17 },
      { heading: 'Two', kind: 'file', path: '/i', isAdded: true, text: '\n', line: 20 },
    ])
  })

  test.each([
    '```\na\n```\n',
    '```bash\na\n```\n',
    '```sh on=moon\na\n```\n',
    '```sh serves on=laptop\na\n```\n',
    '```ini write=relative\na\n```\n',
    '```sh\na\n',
    'words:\n\n    apt install chatd\n',
  ])('%j would escape the scenarios, and is refused', text => {
    expect(() => fencedBlocks(text)).toThrow(/line \d/)
  })

  test('what is shown has "…" for what differs', () => {
    const shown = 'chatd …, process … (up)\n…\nend\n'
    expect(isAsShown('chatd 0.1.0, process 7 (up)\none\ntwo\nend\n', shown)).toBe(true)
    expect(isAsShown('chatd 0.1.0, process 7 (up)\nend', shown)).toBe(true)
    for (const other of ['chatd 0.1.0, process 7\nend\n', 'chatd 0.1.0, process 7 (up)\nend\nmore\n'])
      expect(isAsShown(other, shown)).toBe(false)
  })
})
