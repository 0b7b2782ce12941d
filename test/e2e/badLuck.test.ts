import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, runChatd } from './programs.ts'

const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname
const SHIFTED_CLOCK = new URL('../crash/shiftedClock.mjs', import.meta.url).href
const YEAR = 365 * 86_400_000

async function said(daemon: Chatd, message: string): Promise<Peer> {
  const peer = await Peer.full(daemon, 'alice')
  await peer.ask({ action: 'joinroom', room: 'dev' })
  expect((await peer.ask({ action: 'chat', room: 'dev', message })).action).toBe('ok')
  return peer
}

async function texts(daemon: Chatd): Promise<unknown[]> {
  const peer = await Peer.full(daemon, `reader${Math.random()}`.slice(0, 20))
  await peer.ask({ action: 'joinroom', room: 'dev' })
  const page = await peer.ask({ action: 'history', room: 'dev' })
  return (page['events'] as { message?: string }[]).map(({ message }) => message)
}

const hasSs = spawnSync('ss', ['-V']).status === 0
if (!hasSs)
  console.warn('SKIPPED: ss is not here (Debian package: iproute2); a full standard error is not tried')

describe.skipIf(!hasSs)('standard error', () => {
  test('a pipe that no program reads does not stop the daemon, however much is logged', async () => {
    const home = new Home()
    const pipe = home.join('pipe')
    execFileSync('mkfifo', [pipe])
    // Open for reading, so that it can be opened for writing; nothing is ever read.
    const end = openSync(pipe, 'r+')
    const args = [CHATD, '--listen', '127.0.0.1:0', '--data', home.join('data'), '--log-level', 'trace']
    const child = spawn(process.execPath, args, { env: home.env, stdio: ['ignore', 'ignore', end] })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const control = home.join('data', 'control')
    await expect.poll(() => existsSync(control), { timeout: 20_000 }).toBe(true)
    const port = portOf(child.pid)
    await expect.poll(port, { timeout: 20_000 }).toBeGreaterThan(0)
    for (let n = 0; n < 300; n++) {
      const peer = await Peer.open({ port: port() })
      peer.socket.destroy()
    }
    const peer = await Peer.full({ port: port() }, 'alice')
    expect((await peer.ask({ action: 'ping' })).action).toBe('ok')
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })
})

describe('a signal in the moment in which it begins to listen', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s stops it as at any other time', async signal => {
    const home = new Home()
    const args = [CHATD, '--listen', '127.0.0.1:0', '--data', home.join('data')]
    const child = spawn(process.execPath, args, { env: home.env, stdio: ['ignore', 'ignore', 'pipe'] })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const isFirst = !log.includes('"listening"')
      log += text
      if (isFirst && log.includes('"listening"')) child.kill(signal)
    })
    const ended = new Promise(resolve => child.once('close', resolve))
    expect(await ended).toBe(0)
    expect(log).toContain('"stopped"')
  })
})

/** The port on which a process listens, as the kernel tells it; 0 where it does not yet. */
function portOf(pid: number | undefined): () => number {
  return () => {
    const { stdout } = spawnSync('ss', ['-ltnpH'], { encoding: 'utf8' })
    const line = stdout.split('\n').find(one => one.includes(`pid=${pid},`))
    return Number(/127\.0\.0\.1:(\d+)/.exec(line ?? '')?.[1] ?? 0)
  }
}

describe('a clock that jumps ten years ahead', () => {
  test('removes nothing from a room that is kept for thirty days, and the log tells', async () => {
    const home = new Home()
    const daemon = await Chatd.start(home)
    await said(daemon, 'kept')
    const retain = (...args: string[]) =>
      runChatd(home, 'retain', ...args, '--yes', '--data', home.join('data'))
    expect((await retain('--days', '30')).code).toBe(0)
    expect(await daemon.end('SIGTERM')).toBe(0)
    const shifted = new Home({
      NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`,
      CLOCK_SHIFT: String(10 * YEAR),
    })
    renameSync(home.join('data'), shifted.join('data'))
    const later = await Chatd.start(shifted)
    await expect.poll(() => later.log).toContain('3650 days ahead of the time that the log knows')
    // A rule that is set now goes by the time of the log too.
    const set = await runChatd(
      shifted,
      'retain',
      'dev',
      '--days',
      '1',
      '--yes',
      '--data',
      shifted.join('data'),
    )
    expect(set.code).toBe(0)
    expect(await texts(later)).toEqual(['kept'])
    const accepted = await runChatd(shifted, 'retain', '--accept-clock', '--data', shifted.join('data'))
    expect(accepted.code).toBe(0)
    expect(await texts(later)).toEqual([])
  })
})

describe('files in the data directory that are not what they must be', () => {
  test('a pid file that is a link leads to no other file', async () => {
    const home = new Home()
    mkdirSync(home.join('data'))
    writeFileSync(home.join('precious'), 'precious')
    symlinkSync(home.join('precious'), home.join('data', 'chatd.pid'))
    await said(await Chatd.start(home), 'here')
    expect(readFileSync(home.join('precious'), 'utf8')).toBe('precious')
  })

  /** Starts a daemon that ends by itself, in a directory where a name is taken by something else. */
  function startWith(make: (path: string) => void, name: string) {
    const home = new Home()
    mkdirSync(home.join('data'))
    make(home.join('data', name))
    return runAt(home, ['--listen', '127.0.0.1:0', '--exit-when-idle', '1', '--data', home.join('data')])
  }

  function runAt(home: Home, args: readonly string[]) {
    const run = spawnSync(process.execPath, [CHATD, ...args], {
      env: home.env,
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect(run.signal).toBeNull()
    expect(run.stderr).not.toMatch(/\n\s+at /)
    return run
  }

  const KINDS = {
    pipe: (path: string) => execFileSync('mkfifo', [path]),
    directory: (path: string) => mkdirSync(path),
    'link to no file': (path: string) => symlinkSync(`${path}-nowhere`, path),
  }
  const MUST_BE_FILES = [
    'lock',
    'chatd.db',
    'chatd.db-wal',
    'chatd.db-shm',
    'chatd.db.clean',
    'chatd.db.saving',
    'tls.pem',
  ]
  const everyKind = Object.entries(KINDS).flatMap(([kind, make]) =>
    MUST_BE_FILES.map(name => [kind, name, make] as const),
  )

  test.each(everyKind)('a %s as %s is told in a sentence, and hangs nothing', (_kind, name, make) => {
    const started = startWith(make, name)
    expect(started.stderr).toContain(`${name} is no plain file`)
    expect(started.status).toBe(1)
  })

  test.each(Object.entries(KINDS))('a %s as chatd.pid or control stops no start', (_kind, make) => {
    expect(startWith(make, 'chatd.pid').status).toBe(0)
    const started = startWith(make, 'control')
    expect(started.stderr).toContain('control is no socket; remove it')
    expect(started.status).toBe(0)
  })

  test.each(['backup copy', 'check', 'fingerprint'])('%s hangs at no pipe', async command => {
    const home = new Home()
    const daemon = await Chatd.start(home)
    await said(daemon, 'one')
    expect(await daemon.end('SIGTERM')).toBe(0)
    rmSync(home.join('data', 'tls.pem'), { force: true })
    KINDS.pipe(home.join('data', 'tls.pem'))
    const run = runAt(home, [
      ...command.replace('copy', home.join('copy')).split(' '),
      '--data',
      home.join('data'),
    ])
    expect(run.stderr).toContain('tls.pem is no plain file')
  })

  test('without its lock and its socket, which a cleaner removed, a daemon is still alone on its log', async () => {
    const home = new Home()
    const first = await Chatd.start(home)
    await said(first, 'one')
    rmSync(home.join('data', 'lock'))
    rmSync(home.join('data', 'control'))
    await expect(Chatd.start(home)).rejects.toThrow(/in use by another program/)
    expect(await texts(first)).toEqual(['one'])
  })

  test('permissions of others are taken away, and told', async () => {
    const home = new Home()
    const first = await Chatd.start(home)
    await said(first, 'one')
    expect(await first.end('SIGTERM')).toBe(0)
    chmodSync(home.join('data', 'chatd.db'), 0o644)
    chmodSync(home.join('data'), 0o777)
    await first.startAgain()
    expect(statSync(home.join('data', 'chatd.db')).mode & 0o777).toBe(0o600)
    expect(statSync(home.join('data')).mode & 0o777).toBe(0o755)
    expect(first.log).toMatch(/others could read .*chatd\.db/)
    expect(first.log).toMatch(/others could replace files/)
  })
})

describe('a log whose file is removed while it runs', () => {
  test.each(['chatd.db', 'chatd.db-wal'])(
    '%s: nothing more is acknowledged, and what was is saved',
    async name => {
      const home = new Home()
      const daemon = await Chatd.start(home)
      const alice = await said(daemon, 'acknowledged')
      expect(await texts(daemon)).toEqual(['acknowledged'])
      const ended = alice.ended()
      rmSync(home.join('data', name))
      alice.send({ action: 'chat', id: 'lost', room: 'dev', message: 'lost?' })
      await expect.poll(() => daemon.log).toMatch(/acknowledged was saved under that name/)
      await ended
      expect(alice.frames.filter(frame => frame['id'] === 'lost' && frame.action === 'ok')).toEqual([])
      const again = await Chatd.start(home)
      expect(statSync(home.join('data', 'chatd.db')).mode & 0o777).toBe(0o600)
      expect(await texts(again)).toContain('acknowledged')
    },
  )
})

test('a log in whose place another file was put: both are kept', async () => {
  const home = new Home()
  const daemon = await Chatd.start(home)
  const alice = await said(daemon, 'acknowledged')
  const other = new Home()
  await said(await Chatd.start(other), 'other')
  await runChatd(other, 'backup', other.join('copy.db'), '--data', other.join('data'))
  const ended = alice.ended()
  renameSync(other.join('copy.db'), home.join('data', 'chatd.db'))
  alice.send({ action: 'chat', id: 'lost', room: 'dev', message: 'lost?' })
  await expect.poll(() => daemon.log).toMatch(/chatd\.db\.rescued, for another file/)
  await ended
  const again = await Chatd.start(home)
  expect(await texts(again)).toEqual(['other'])
  expect(await again.end('SIGTERM')).toBe(0)
  renameSync(home.join('data', 'chatd.db.rescued'), home.join('data', 'chatd.db'))
  expect(await texts(await Chatd.start(home))).toContain('acknowledged')
})

test('a log that was saved only in part is not started on', async () => {
  const home = new Home()
  const daemon = await Chatd.start(home)
  await said(daemon, 'acknowledged')
  expect(await daemon.end('SIGTERM')).toBe(0)
  const saving = home.join('data', 'chatd.db.saving')
  writeFileSync(saving, 'half')
  await expect(Chatd.start(home)).rejects.toThrow(/could not save all of them: restore a backup/)
  rmSync(saving)
  expect(await texts(await Chatd.start(home))).toEqual(['acknowledged'])
})

test('a first start can be killed at any moment: the next one finds no log or a whole one', async () => {
  const home = new Home()
  for (let ms = 100; ms < 700; ms += 50) {
    rmSync(home.join('data'), { recursive: true, force: true })
    const args = [CHATD, '--listen', '127.0.0.1:0', '--data', home.join('data')]
    const child = spawn(process.execPath, args, { env: home.env, stdio: 'ignore' })
    await new Promise(resolve => setTimeout(resolve, ms))
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    const size = statSync(home.join('data', 'chatd.db'), { throwIfNoEntry: false })?.size
    expect(size).not.toBe(0)
  }
  const daemon = await Chatd.start(home)
  await said(daemon, 'here')
}, 60_000)

test.each([
  [['--no-limits', '--limit', 'connections-per-address=2']],
  [['--limit', 'connections-per-address=2', '--no-limits']],
])('%j keeps the one limit that is set', async flags => {
  const daemon = await Chatd.start(new Home(), ['--listen', '127.0.0.1:0', ...flags])
  await Peer.full(daemon, 'alice')
  await Peer.full(daemon, 'bob')
  expect(await (await Peer.open(daemon)).next('error')).toMatchObject({ code: 'limit_reached' })
})

test('a limit can be set, and the log tells once which connection is at it', async () => {
  const daemon = await Chatd.start(new Home(), [
    '--listen',
    '127.0.0.1:0',
    '--limit',
    'rooms-of-address=2',
    '--limit',
    'connections-per-address=3',
  ])
  const alice = await Peer.full(daemon, 'alice')
  const codes: unknown[] = []
  for (const room of ['one', 'two', 'three', 'four'])
    codes.push((await alice.ask({ action: 'joinroom', room }))['code'])
  expect(codes).toEqual([undefined, undefined, 'rate_limited', 'rate_limited'])
  await expect.poll(() => daemon.log).toContain('at a limit')
  expect(daemon.log.match(/at a limit/g)).toHaveLength(1)
  await Peer.full(daemon, 'bob')
  await Peer.full(daemon, 'carol')
  expect(await (await Peer.open(daemon)).next('error')).toMatchObject({ code: 'limit_reached' })
})

test('with few descriptors connections beyond are refused in a sentence, and the log tells', async () => {
  const home = new Home()
  const args = ['-c', `ulimit -n 256; exec "$0" "$@"`, process.execPath, CHATD, '--listen', '127.0.0.1:0']
  const child = spawn('bash', [...args, '--no-limits', '--data', home.join('data')], {
    env: home.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let log = ''
  child.stderr.on('data', chunk => {
    log += String(chunk)
  })
  await expect.poll(() => /"port":(\d+)/.exec(log)?.[1], { timeout: 20_000 }).toBeDefined()
  const port = Number(/"port":(\d+)/.exec(log)?.[1])
  expect(log).toContain('raise the limit of open files')
  const peers = await Promise.all(Array.from({ length: 200 }, () => Peer.open({ port })))
  // The first few beyond are told; more at once are a flood.
  const refused = await peers[140]?.next('error')
  expect(refused).toMatchObject({ code: 'server_full' })
  const first = peers[0]
  first?.send({ action: 'connect', username: 'alice', protocol: 1 })
  await first?.next('welcome')
}, 60_000)
