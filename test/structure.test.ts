import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Text of source files by their path from the root. */
type Sources = ReadonlyMap<string, string>

const sources: Sources = new Map(
  globSync('src/**/*.{ts,tsx}', { cwd: root }).map(path => [path, readFileSync(join(root, path), 'utf8')]),
)

/** The folders of `src`, and what each may import beside itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  files: [],
  protocol: [],
  client: ['protocol', 'files'],
  server: ['protocol', 'files'],
  tui: ['client', 'protocol', 'files'],
}

/** Packages, where a layer has a list of its own. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  files: [],
  protocol: ['zod'],
  client: ['zod'],
  server: [
    'zod',
    'pino',
    'pino-pretty',
    'commander',
    'unhomoglyph',
    'prom-client',
    'smol-toml',
    'fastest-levenshtein',
    '@nats-io/transport-node',
  ],
}

/**
 * The floors of the folders that have rooms, from the top. A room is a folder, or a file beside it by its name.
 * Imports run down: to a lower floor, or within a room.
 */
const FLOORS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'src/server': [
    ['main'],
    ['clusterCommand', 'serve'],
    ['clusterLogs', 'flags'],
    ['adminFlags', 'backupFlags', 'clusterFlags', 'watchFlags'],
    ['accountFlags', 'configFlags'],
    ['metrics'],
    ['daemon'],
    ['look'],
    ['requests'],
    ['roster'],
    ['rooms'],
    ['admin', 'transport'],
    ['auth'],
    ['tls'],
    ['log'],
    ['config'],
    ['addressRanges'],
    ['journal'],
    ['logBudget'],
    ['address', 'dataDirectory', 'logger', 'openFiles', 'threadEntry'],
    ['privateFiles'],
    ['logSink'],
    ['counters'],
    ['question'],
    [
      'emptying',
      'brokers',
      'byteSize',
      'exits',
      'listenSockets',
      'serviceManager',
      'settings',
      'shares',
      'systemGroup',
      'durations',
      'recentRate',
      'inTime',
    ],
  ],
  'src/server/requests': [
    ['census', 'dispatch', 'followLog', 'amongDaemons'],
    ['connect', 'history', 'join', 'lists', 'mentions', 'ownData', 'search', 'signals', 'speak'],
    ['account', 'guests'],
    ['admission'],
    ['liveServer'],
    [
      'accountLinks',
      'answerSize',
      'drain',
      'erased',
      'liveConnection',
      'newRoom',
      'pageCursor',
      'proving',
      'replay',
      'roomChanges',
    ],
    ['conversation'],
    ['client'],
    ['farewell', 'faults', 'permission', 'plainRequest', 'services', 'shareOf'],
    ['paces'],
    ['rateLimiter'],
  ],
  'src/server/log': [
    ['sqlite'],
    ['jetstream'],
    ['envelope', 'stream'],
    ['namedRooms', 'repeats', 'changes'],
    ['log', 'roomKeys', 'skeleton', 'watched'],
    ['applied', 'bus'],
    ['entries'],
    ['maintenance'],
    ['accounts'],
    ['notify'],
  ],
  'src/tui': [
    ['main'],
    ['start'],
    ['lineMode', 'screen', 'commandLine', 'terminalSignIn'],
    ['hosting'],
    ['profile'],
    ['inkParts', 'terminal', 'view'],
    ['update'],
    ['select'],
    ['commands'],
    ['model'],
    ['composer'],
    ['input'],
    ['text'],
  ],
}

const MAX_LINES = 400

/** The code of the threads of the log: only its path, in `thread.ts`, ties it to the main thread. */
const WORKER = 'src/server/log/sqlite/worker/'

/** Files that use JSON outside the protocol, and why it is not JSON on the wire. */
const JSON_ALLOWED: Readonly<Record<string, string>> = {
  'src/tui/hosting/daemonLog.ts': 'the log file of a daemon',
  'src/client/cacheFile.ts': 'a file of its own: the newest part of each room',
  'src/server/admin/answerLines.ts': 'prints what programs of the operator read',
  'src/server/admin/control.ts': 'tasks of the operator, on a socket of their own',
  'src/server/admin/tasks.ts': 'prints an export',
  'src/server/config/showConfig.ts': 'writes strings of TOML',
  'src/server/main.ts': 'prints what is configured',
  'src/server/admin/status.ts': 'prints what a daemon tells of itself, and reads it',
  'src/server/logger.ts': 'writes a line of the log of its own',
  'src/server/log/envelope.ts': 'goes to brokers, on their protocol',
  'src/server/log/jetstream/api.ts': 'goes to brokers, on their protocol',
  'src/server/log/jetstream/base.ts': 'goes to brokers, on their protocol',
  'src/server/log/jetstream/jetStream.ts': 'goes to brokers, on their protocol',
  'src/server/log/jetstream/monitoring.ts': 'reads what brokers tell of themselves',
  'src/server/log/jetstream/streamTail.ts': 'goes to brokers, on their protocol',
  'src/server/log/sqlite/worker/reader.ts': 'hands a list to a statement of SQL',
  'src/server/log/sqlite/schema.ts': 'hands a list to a statement of SQL',
  'src/server/log/sqlite/messages.ts': 'goes between the threads of the log',
  'src/server/roster/frames.ts': 'goes between daemons, over their brokers',
  'src/server/requests/answerSize.ts': 'measures how much of an answer fits in a line',
  'src/tui/screen/myData.ts': 'a file of the user: what the server keeps about one person',
  'src/tui/screen/store.ts': 'compares two values',
}

const IMPORT = /(?:(?<=\s)from|\bimport|\bimport\()\s*(['"])([^'"\n]+)\1/g

/** The packages and paths that a file imports; types and re-exports included. */
function importsOf(text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].flatMap(match => match[2] ?? [])
}

/** The files that a file imports, by their paths from the root. */
function filesImported(path: string, text: string): readonly string[] {
  return importsOf(text)
    .filter(imported => imported.startsWith('.'))
    .map(imported => relative(root, join(root, dirname(path), imported)))
}

/** The name of the folder, or of the file without its ending, that stands directly in a folder. */
function roomIn(folder: string, path: string): string | undefined {
  if (!path.startsWith(`${folder}/`)) return undefined
  return path
    .slice(folder.length + 1)
    .split('/')[0]
    ?.replace(/\.tsx?$/, '')
}

/** Sentences about imports that run against the order of `src`, or of a folder with floors. */
function wrongImports(path: string, text: string): readonly string[] {
  const layer = roomIn('src', path) ?? ''
  const allowed = LAYERS[layer]
  if (allowed === undefined) return [`${path} is in no layer`]
  const packages = PACKAGES[layer]
  const foreign = importsOf(text).filter(
    imported => !/^(\.|node:)/.test(imported) && packages?.includes(imported) === false,
  )
  return [
    ...foreign.map(name => `${path} uses the package ${name}`),
    ...filesImported(path, text).flatMap(target => {
      const other = roomIn('src', target) ?? ''
      if (other !== layer) return allowed.includes(other) ? [] : [`${path} imports ${target}`]
      return Object.keys(FLOORS).some(folder => runsUp(folder, path, target))
        ? [`${path} imports ${target}, which is no lower floor`]
        : []
    }),
  ]
}

function runsUp(folder: string, path: string, target: string): boolean {
  const [from, to] = [roomIn(folder, path), roomIn(folder, target)]
  if (from === undefined || to === undefined || from === to) return false
  const floorOf = (room: string): number =>
    FLOORS[folder]?.findIndex(floor => floor.includes(room)) ?? Number.NaN
  return !(floorOf(from) >= 0 && floorOf(to) > floorOf(from))
}

/** The circles of imports, each as the files on its way; type imports count. */
function circles(files: Sources): readonly string[] {
  const found = new Set<string>()
  const done = new Set<string>()
  const walk = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path)
    if (at >= 0) found.add([...way.slice(at), path].join(' > '))
    if (at >= 0 || done.has(path)) return
    const text = files.get(path)
    if (text === undefined) return
    for (const target of filesImported(path, text)) walk(target, [...way, path])
    done.add(path)
  }
  for (const path of files.keys()) walk(path, [])
  return [...found]
}

/** Files with more lines than a reader keeps in mind. */
function longFiles(files: Sources): readonly string[] {
  return [...files]
    .map(([path, text]) => [path, text.trimEnd().split('\n').length] as const)
    .filter(([, lines]) => lines > MAX_LINES)
    .map(([path, lines]) => `${path} has ${lines} lines`)
}

/** Imports of code that belongs to the threads of the log, from outside it. */
function workerImports(files: Sources): readonly string[] {
  return [...files]
    .filter(([path]) => !path.startsWith(WORKER))
    .flatMap(([path, text]) =>
      filesImported(path, text)
        .filter(target => target.startsWith(WORKER))
        .map(target => `${path} imports ${target}`),
    )
}

/** A declaration in the view through which text could reach the screen without the cleaner. */
const RAW_TEXT = /\b\w+\??:\s*(?:readonly\s+)?string\b/g

/** Fields and parameters of the view that take text which was not cleaned, or make clean text by themselves. */
function rawTexts(files: Sources): readonly string[] {
  return [...files]
    .filter(([path]) => path.startsWith('src/tui/view/'))
    .flatMap(([path, text]) => {
      const code = withoutComments(text)
      const raw = [...code.matchAll(RAW_TEXT)].map(match => `${path} takes ${match[0]}`)
      const casts = /\bas\s+(?:unknown\s+as\s+)?CleanText\b/.test(code) ? [`${path} casts to CleanText`] : []
      const deep = filesImported(path, text)
        .filter(target => /^src\/(client|protocol)\//.test(target))
        .map(target => `${path} imports ${target}, which holds text that is not clean`)
      return [...raw, ...casts, ...deep]
    })
}

/** The packages that a file loads before it runs: static imports of values, over all files. */
function packagesAtStart(entry: string, files: Sources): readonly string[] {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const load = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    const text = withoutComments(files.get(path) ?? '')
      .replace(/\b(?:import|export) type [^'"]*['"][^'"]*['"]/g, '')
      .replace(/\bimport\([^)]*\)/g, '')
    for (const imported of importsOf(text)) {
      if (!/^(\.|node:)/.test(imported)) packages.add(imported)
    }
    for (const target of filesImported(path, text)) load(target)
  }
  load(entry)
  return [...packages].sort()
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

describe('the house', () => {
  test('imports run down: between the folders of src, and inside the folders that have floors', () => {
    expect(sources.size).toBeGreaterThan(50)
    expect([...sources].flatMap(([path, text]) => wrongImports(path, text))).toEqual([])
  })

  test.each([
    ['src/protocol/codec.ts', "import { x } from '../client/room.ts'"],
    ['src/tui/screen/screen.tsx', "await import('../../server/main.ts')"],
    ['src/tui/screen/screen.tsx', "export type { X } from '../../server/log/log.ts'"],
    ['src/server/log/log.ts', "import '../../client/room.ts'"],
    ['src/protocol/codec.ts', "import { pino } from 'pino'"],
    ['src/server/rooms/rooms.ts', "import type { Client } from '../requests/client.ts'"],
    ['src/server/log/log.ts', "import { x } from './sqlite/thread.ts'"],
    ['src/server/requests/speak.ts', "import { x } from './join.ts'"],
    ['src/server/settings.ts', "import type { Daemon } from './daemon.ts'"],
    ['src/tui/model/state.ts', "import { x } from '../select/frame.ts'"],
    ['src/server/cellar/wine.ts', "import { x } from '../settings.ts'"],
  ])('it sees a wrong import in %s: %s', (path, text) => {
    expect(wrongImports(path, text)).toHaveLength(1)
  })

  test('it lets the right imports pass', () => {
    const text = "import { render } from 'ink'\nimport '../../client/room.ts'\nimport '../view/Screen.tsx'"
    expect(wrongImports('src/tui/screen/screen.tsx', text)).toEqual([])
  })

  test('no circle of imports, types included', () => {
    expect(circles(sources)).toEqual([])
    const circle: Sources = new Map([
      ['src/a.ts', "import type { B } from './b.ts'"],
      ['src/b.ts', "export * from './c.ts'"],
      ['src/c.ts', "import { a } from './a.ts'"],
    ])
    expect(circles(circle)).toEqual(['src/a.ts > src/b.ts > src/c.ts > src/a.ts'])
  })

  test(`no file has more than ${MAX_LINES} lines`, () => {
    expect(longFiles(sources)).toEqual([])
    const lines = (count: number): Sources => new Map([['src/a.ts', 'line\n'.repeat(count)]])
    expect(longFiles(lines(MAX_LINES))).toEqual([])
    expect(longFiles(lines(MAX_LINES + 1))).toEqual(['src/a.ts has 401 lines'])
  })

  test('code of the main thread never imports code of the threads of the log', () => {
    expect([...sources.keys()].some(path => path.startsWith(WORKER))).toBe(true)
    expect(workerImports(sources)).toEqual([])
    const text = "import type { Writer } from './worker/writer.ts'"
    expect(workerImports(new Map([['src/server/log/sqlite/sqliteLog.ts', text]]))).toHaveLength(1)
  })

  test('only clean text reaches the view', () => {
    expect(rawTexts(sources)).toEqual([])
    for (const text of [
      'type Props = { readonly text: string }',
      'const shown = raw as unknown as CleanText',
      "import type { RoomView } from '../../client/room.ts'",
    ])
      expect(rawTexts(new Map([['src/tui/view/Raw.tsx', text]]))).toHaveLength(1)
  })

  test('nothing outside src/protocol touches JSON on the wire', () => {
    const touching = [...sources]
      .filter(([path]) => roomIn('src', path) !== 'protocol')
      .filter(([, text]) => /\bJSON\.(parse|stringify)\b/.test(withoutComments(text)))
      .map(([path]) => path)
    expect(touching.filter(path => !Object.hasOwn(JSON_ALLOWED, path))).toEqual([])
    expect(
      Object.keys(JSON_ALLOWED).filter(path => !touching.includes(path)),
      'allowed and not needed',
    ).toEqual([])
  })

  test('names of rooms come into the server at one place: a room can have several', () => {
    const resolving = [...sources]
      .filter(([path]) => path.startsWith('src/server/'))
      .filter(([, text]) => /\bparseConversation\b/.test(withoutComments(text)))
      .map(([path]) => path)
    expect(resolving).toEqual(['src/server/log/namedRooms.ts'])
  })

  test('no statement has a bare LIMIT ?: SQLite compiles it again for each value, which took ten times its run', () => {
    // A sum is no value to the planner: `LIMIT ? + 0`.
    const bare = [...sources].filter(([, text]) => /LIMIT \?(?!\d* \+ 0)/.test(text)).map(([path]) => path)
    expect(bare).toEqual([])
  })

  test('the programs answer --version without loading more than they need', () => {
    expect(packagesAtStart('src/server/main.ts', sources)).toEqual([])
    expect(packagesAtStart('src/tui/main.ts', sources)).toEqual([])
    const heavy: Sources = new Map([
      ['src/a.ts', "import { b } from './b.ts'\nimport type { Pino } from 'pino'"],
      ['src/b.ts', "import * as z from 'zod'\nawait import('./c.ts')"],
      ['src/c.ts', "import 'ink'"],
    ])
    expect(packagesAtStart('src/a.ts', heavy)).toEqual(['zod'])
  })

  test('no file gathers what had no home', () => {
    const homeless = /^(utils?|helpers?|types?|index|common|misc)\./i
    expect([...sources.keys()].filter(path => homeless.test(basename(path)))).toEqual([])
  })
})

test('every file that docs/architecture.md names exists', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const named = [...page.matchAll(/`((?:src|test|scripts)\/[\w./-]+)`/g)].flatMap(match => match[1] ?? [])
  expect(named.length).toBeGreaterThan(40)
  expect(named.filter(path => !existsSync(join(root, path)))).toEqual([])
})
