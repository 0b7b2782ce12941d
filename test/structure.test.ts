import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Every source file by its path from the root. */
const sources: ReadonlyMap<string, string> = new Map(
  globSync('src/**/*.{ts,tsx}', { cwd: root }).map(path => [path, readFileSync(join(root, path), 'utf8')]),
)

type Layer = 'protocol' | 'client' | 'server' | 'tui'

/** What each layer may import beside itself: downwards only. Node's own modules are everybody's. */
const MAY_IMPORT: Readonly<Record<Layer, readonly Layer[]>> = {
  protocol: [],
  client: ['protocol'],
  server: ['protocol'],
  tui: ['client', 'protocol'],
}

/** Packages, where a layer has a list of its own. */
const MAY_USE: Partial<Readonly<Record<Layer, readonly string[]>>> = {
  protocol: ['zod'],
  client: ['zod'],
  server: ['zod', 'pino', 'pino-pretty', 'commander'],
}

const MAX_LINES = 450

/** Who may touch JSON outside the protocol, and why it is not JSON on the wire. */
const JSON_ALLOWED: Readonly<Record<string, string>> = {
  'src/tui/hosting/daemonLog.ts': 'the log file of a daemon',
  'src/client/cacheFile.ts': 'a file of its own: what was seen last',
  'src/server/admin/control.ts': 'orders of the operator, on a socket of their own',
  'src/server/admin/tasks.ts': 'what an export prints',
  'src/server/log/sqlite/messages.ts': 'what goes between the threads of the log',
  'src/server/requests/answerSize.ts': 'measures how much of an answer fits in a line',
  'src/tui/screen/store.ts': 'compares two values',
}

const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*(['"])([^'"\n]+)\1/g

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].flatMap(match => match[2] ?? [])
}

function layerOf(path: string): Layer | undefined {
  const name = /^src\/([^/]+)\//.exec(path)?.[1]
  return name !== undefined && Object.hasOwn(MAY_IMPORT, name) ? (name as Layer) : undefined
}

/** The sentences about imports of one file that the house does not allow. */
function wrongImports(path: string, text: string): readonly string[] {
  const layer = layerOf(path)
  if (layer === undefined) return [`${path} is in none of the layers`]
  return importsOf(text).flatMap(imported => {
    if (imported.startsWith('node:')) return []
    if (!imported.startsWith('.')) {
      const allowed = MAY_USE[layer]
      return allowed === undefined || allowed.includes(imported)
        ? []
        : [`${path} uses the package ${imported}`]
    }
    const target = relative(root, join(root, dirname(path), imported))
    const other = layerOf(target)
    if (other === layer) return []
    return other !== undefined && MAY_IMPORT[layer].includes(other) ? [] : [`${path} imports ${target}`]
  })
}

describe('the house', () => {
  test('this test sees the files and their imports', () => {
    expect(sources.size).toBeGreaterThan(50)
    expect(wrongImports('src/protocol/codec.ts', "import { x } from '../client/room.ts'")).toHaveLength(1)
    expect(wrongImports('src/tui/screen.tsx', "await import('../server/main.ts')")).toHaveLength(1)
    expect(wrongImports('src/tui/screen.tsx', "export type { X } from '../server/log.ts'")).toHaveLength(1)
    expect(wrongImports('src/server/log.ts', "import '../client/room.ts'")).toHaveLength(1)
    expect(wrongImports('src/protocol/codec.ts', "import { pino } from 'pino'")).toHaveLength(1)
    expect(
      wrongImports('src/tui/screen.tsx', "import { render } from 'ink'\nimport '../client/room.ts'"),
    ).toEqual([])
  })

  test('imports run downwards only', () => {
    expect([...sources].flatMap(([path, text]) => wrongImports(path, text))).toEqual([])
  })

  test('nothing outside src/protocol touches JSON on the wire', () => {
    const touching = [...sources]
      .filter(([path]) => layerOf(path) !== 'protocol')
      .filter(([, text]) => /\bJSON\.(parse|stringify)\b/.test(withoutComments(text)))
      .map(([path]) => path)
    expect(touching.filter(path => !Object.hasOwn(JSON_ALLOWED, path))).toEqual([])
    expect(
      Object.keys(JSON_ALLOWED).filter(path => !touching.includes(path)),
      'allowed and not needed',
    ).toEqual([])
  })

  test('no file gathers what had no home', () => {
    const homeless = /^(utils?|helpers?|types?|index|common|misc)\./i
    expect([...sources.keys()].filter(path => homeless.test(basename(path)))).toEqual([])
  })

  test(`no file has more than ${MAX_LINES} lines`, () => {
    const long = [...sources].filter(([, text]) => text.split('\n').length > MAX_LINES)
    expect(long.map(([path]) => path)).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
