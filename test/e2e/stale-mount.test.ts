import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Home } from './home.ts'
import type { Ran } from './programs.ts'

const BIN = new URL('../../bin/', import.meta.url).pathname
/** No program here works longer than this before it answers, ms. */
const PATIENCE = 20_000

/** Runs a program as a shell does, by its first line; `null` as the code is a program that never ended. */
function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = '/',
): Promise<Ran> {
  return new Promise(resolve => {
    const path = `${dirname(process.execPath)}:${process.env['PATH']}`
    const options = {
      cwd,
      env: { ...new Home().env, PATH: path, ...env },
      timeout: PATIENCE,
      killSignal: 'SIGKILL' as const,
    }
    const child = execFile(`${BIN}${program}.cjs`, args, options, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    )
    child.stdin?.end()
  })
}

/** A mount whose directory was removed: it exists, and nothing can be created in it. */
function staleMount(): string {
  const home = new Home()
  for (const name of ['source', 'mount']) mkdirSync(home.join(name))
  execFileSync('mount', ['--bind', home.join('source'), home.join('mount')])
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', home.join('mount')])
  })
  rmdirSync(home.join('source'))
  return home.join('mount')
}

const isRoot = process.getuid?.() === 0
if (!isRoot) console.warn('SKIPPED: without root there is no stale mount to test with')
const places: readonly (readonly [string, () => string])[] = [
  ['a directory of /proc', () => '/proc/x'],
  ...(isRoot
    ? [['a stale mount', staleMount] as const, ['below one', () => `${staleMount()}/a/b`] as const]
    : []),
]

describe.each(places)('%s', (_, place) => {
  const everything = (path: string): Readonly<Record<string, string>> => ({
    HOME: path,
    XDG_CACHE_HOME: path,
    XDG_STATE_HOME: path,
    XDG_DATA_HOME: path,
    NODE_COMPILE_CACHE: path,
  })

  test.each(['chat-tui', 'chatd'])('%s tells its version, whatever is there', async program => {
    expect(await run(program, ['--version'], everything(place()))).toMatchObject({ code: 0, err: '' })
  })

  test('as the directory of compiled code, it is left out', async () => {
    const path = place()
    expect(await run('chat-tui', ['--version'], { XDG_CACHE_HOME: path })).toMatchObject({ code: 0, err: '' })
  })

  test('as the home directory, it is one sentence of the client', async () => {
    expect(await run('chat-tui', ['--port', '1'], everything(place()))).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^chat-tui: cannot write to the directory .*no such file or directory.*\n$/),
    })
  })

  test.each([
    ['in the environment', []],
    ['by --data', ['--data']],
  ])('as the data directory, %s, it is one sentence of the daemon', async (_, flags) => {
    const path = place()
    const args = ['--listen', '127.0.0.1:0', ...flags.flatMap(flag => [flag, path])]
    expect(await run('chatd', args, flags.length > 0 ? {} : everything(path))).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^chatd: .*(cannot write to the data directory .*ENOENT|cannot be opened .*stale mount).*\n$/,
      ),
    })
  })
})

describe('a current directory that is gone', () => {
  const inGone = async (program: string, ...args: string[]): Promise<Ran> => {
    const home = new Home()
    mkdirSync(home.join('gone'))
    // The shell is in it when it goes.
    const script = 'rmdir "$PWD" && exec "$0" "$@"'
    return new Promise(resolve => {
      const env = { ...home.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
      const child = execFile(
        'sh',
        ['-c', script, `${BIN}${program}.cjs`, ...args],
        { cwd: home.join('gone'), env },
        (_, out, err) => resolve({ code: child.exitCode, out, err }),
      )
    })
  }

  test.each(['chat-tui', 'chatd'])('%s works where no path is relative', async program => {
    expect(await inGone(program, '--version')).toMatchObject({ code: 0, err: '' })
  })

  test('a relative data directory is one sentence', async () => {
    expect(await inGone('chatd', '--data', 'data')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^chatd: the current directory is gone.*\n$/),
    })
    expect(await inGone('chatd', 'check', '--data', 'data')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^chatd: the current directory is gone.*\n$/),
    })
  })
})
