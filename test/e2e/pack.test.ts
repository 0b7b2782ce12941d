import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Home } from './home.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const OLD_NODES = ['/usr/local/bin/node', '/usr/bin/node']

let directory = ''
let files: string[] = []
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'chat-tui-pack-'))
  // The package contains the build from before the tests; packing must not build again beside them.
  const packed = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
    {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const listing = JSON.parse(packed) as unknown
  const [report] = Object.values(listing as Record<string, { filename: string; files: { path: string }[] }>)
  if (report === undefined) throw new Error(`npm pack said ${packed}`)
  files = report.files.map(({ path }) => path)
  writeFileSync(join(directory, 'package.json'), '{"private":true,"type":"module"}')
  execFileSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', join(directory, report.filename)],
    {
      cwd: directory,
      stdio: 'ignore',
    },
  )
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const installed = (program: string): string => join(directory, 'node_modules/chat-tui/bin', `${program}.cjs`)

const run = ({ env }: Home, program: string, ...args: string[]): string =>
  execFileSync(process.execPath, [installed(program), ...args], { encoding: 'utf8', cwd: directory, env })

describe('what users install', () => {
  test('is the built product and nothing of its making', () => {
    for (const file of [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'THIRD-PARTY-LICENSES.txt',
      'packaging/chatd.service',
      'dist/chatd.js',
    ]) {
      expect(files).toContain(file)
    }
    const strange = files.filter(
      file =>
        !/^(bin|dist|docs|packaging)\/|^[A-Z-]+(\.md|\.txt)?$|^package\.json$/.test(file) ||
        /\.map$|\.test\.|(?<!\.d)\.tsx?$/.test(file),
    )
    expect(strange).toEqual([])
  })

  test('has no dependency but zod, which the types of the protocol show', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: object
    }
    expect(Object.keys(dependencies)).toEqual(['zod'])
  })

  test.each(['chatd', 'chat-tui'])('%s runs from an empty folder', program => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    const home = new Home()
    expect(run(home, program, '--version')).toBe(`${version}\n`)
    expect(run(home, program, '--help')).toContain(`Usage: ${program}`)
  })

  test('compiled code is kept where no other user can write', () => {
    const home = new Home()
    run(home, 'chat-tui', '--version')
    expect(statSync(home.join('.cache', 'chat-tui', 'compiled')).mode & 0o077).toBe(0)
    const homeless = new Home({ HOME: home.join('nowhere') })
    run(homeless, 'chat-tui', '--version')
    expect(() => statSync(home.join('nowhere'))).toThrow('ENOENT')
  })

  test('chat-tui/protocol can be imported, and its types hold a program to the contract', () => {
    const script =
      "import { encodeFrame } from 'chat-tui/protocol'; console.log(encodeFrame({ action: 'ping' }))"
    const options = { cwd: directory, encoding: 'utf8' } as const
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], options)
    expect(out).toBe('{"action":"ping"}\n\n')
    const types = join(ROOT, 'node_modules/@types')
    const check = (source: string): number | null => {
      writeFileSync(join(directory, 'consumer.ts'), source)
      const args = [
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2024',
        '--types',
        'node',
        '--typeRoots',
        types,
        'consumer.ts',
      ]
      return spawnSync(join(ROOT, 'node_modules/.bin/tsc'), args, options).status
    }
    const imports = "import { type Request, requestDecoder } from 'chat-tui/protocol'\n"
    expect(
      check(
        `${imports}export const r: Request = { action: 'ping' }\nexport const d = requestDecoder().next()\n`,
      ),
    ).toBe(0)
    expect(
      check(`${imports}export const r: Request = { action: 'chat', room: 7 }\nvoid requestDecoder\n`),
    ).not.toBe(0)
  })

  const old = OLD_NODES.find(node => {
    const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
    return status === 0 && Number(/^v(\d+)/.exec(stdout)?.[1]) < 24
  })
  if (old === undefined) console.warn('SKIPPED: there is no old Node here to try the programs on')

  test.skipIf(old === undefined).each(['chatd', 'chat-tui'])(
    '%s on too old a Node says in one sentence what to do',
    program => {
      // By its first line, whose flags an old Node must know.
      const env = { ...process.env, PATH: `${dirname(old ?? '')}:/usr/bin:/bin` }
      const { status, stdout, stderr } = spawnSync(installed(program), [], { encoding: 'utf8', env })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(/^\S+ needs Node 24\.15 or newer and this is [\d.]+; .*npx -p node@24 .*\n$/)
    },
  )

  test('publint has nothing to say', () => {
    const { status, stdout } = spawnSync(
      join(ROOT, 'node_modules/.bin/publint'),
      ['--strict', '--pack', 'false'],
      {
        cwd: join(directory, 'node_modules/chat-tui'),
        encoding: 'utf8',
      },
    )
    expect({ status, stdout }).toMatchObject({ status: 0 })
  })
})
