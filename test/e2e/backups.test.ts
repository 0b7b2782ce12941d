import { execFile, spawn } from 'node:child_process'
import { chownSync, copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { showBytes } from '../../src/server/byteSize.ts'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, type Ran, runChatd } from './programs.ts'

const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname
const OTHER_USER = 65_534
const isRoot = process.getuid?.() === 0
const NAME = /^chatd-\d{8}T\d{6}Z\.db$/

interface Server {
  readonly home: Home
  readonly daemon: Chatd
  readonly run: (...args: string[]) => Promise<Ran>
}

async function started(): Promise<Server> {
  const home = new Home()
  const daemon = await Chatd.start(home)
  return { home, daemon, run: (...args) => runChatd(home, ...args, '--data', home.join('data')) }
}

async function say(daemon: Chatd, name: string, ...texts: string[]): Promise<void> {
  const peer = await Peer.full(daemon, name)
  await peer.ask({ action: 'joinroom', room: 'dev' })
  for (const [i, message] of texts.entries())
    await peer.ask({ action: 'chat', room: 'dev', message, id: `${name}-${i}` })
}

async function messages(run: Server['run'], ...what: string[]): Promise<readonly string[]> {
  const { out } = await run('export', ...what)
  return out.split('\n').flatMap(line => /"message":"([^"]*)"/.exec(line)?.[1] ?? [])
}

describe('backup-directory of the configuration', () => {
  test('is where chatd backup puts backups, and where the daemon looks for them; a reload changes it', async () => {
    const home = new Home()
    const [file, backups] = [home.join('chatd.conf'), home.join('elsewhere', 'backups')]
    const base = 'listen = ["127.0.0.1:0"]\n'
    writeFileSync(file, base)
    const daemon = await Chatd.start(home, ['--config', file])
    const data = ['--data', home.join('data')]
    const status = async (): Promise<Record<string, unknown>> =>
      JSON.parse((await runChatd(home, 'status', '--json', ...data)).out) as Record<string, unknown>
    expect(await status()).toMatchObject({ backups: home.join('data', 'backups'), lastBackup: null })
    writeFileSync(file, `${base}backup-directory = ${JSON.stringify(backups)}\n`)
    expect(await runChatd(home, 'reload', ...data)).toMatchObject({
      code: 0,
      out: `backup-directory: ${JSON.stringify(backups)} now, default before\n`,
    })
    expect(await runChatd(home, '--config', file, 'backup', ...data)).toMatchObject({ code: 0, err: '' })
    expect(readdirSync(backups)).toEqual([expect.stringMatching(NAME)])
    expect(await status()).toMatchObject({ backups, lastBackup: expect.stringMatching(/^20.*Z$/) })
    // Without the file the command knows of none.
    expect(await runChatd(home, 'backup', ...data)).toMatchObject({
      code: 0,
      out: expect.stringContaining(home.join('data', 'backups')),
    })
    writeFileSync(file, 'backup-directory = "backups"\n')
    expect(await runChatd(home, '--config', file, 'backup', ...data)).toMatchObject({
      code: 1,
      err: `chatd: ${file}, line 1: backup-directory: It is an absolute path\n`,
    })
    await daemon.end('SIGTERM')
  })
})

describe('the drill', () => {
  test('a backup while people talk, a check, a loss, a restore: clients begin afresh with what is there', async () => {
    const { home, daemon, run } = await started()
    await say(daemon, 'alice', 'one', 'two')
    const made = await run('backup')
    expect(made).toMatchObject({ code: 0, err: '' })
    const [name = ''] = readdirSync(home.join('data', 'backups'))
    expect(name).toMatch(NAME)
    const file = home.join('data', 'backups', name)
    expect(made.out).toBe(`${file}: ${showBytes(statSync(file).size)}\n`)
    await say(daemon, 'bob', 'three')
    expect(await run('check', file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('content: 2 events in 1 room, until 2'),
    })
    expect(await run('restore', file)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('is in use by a chatd (process'),
    })
    const alice = await Peer.full(daemon, 'carl')
    const { epoch } = await alice.next('welcome')
    await daemon.end('SIGKILL')
    expect(await run('restore', file)).toMatchObject({ code: 2, err: expect.stringContaining('--yes') })
    expect(await messages(run, 'dev')).toEqual(['one', 'two', 'three'])
    expect(await run('restore', '--yes', file)).toMatchObject({ code: 0, err: '' })
    expect(await messages(run, 'dev')).toEqual(['one', 'two'])
    await daemon.startAgain()
    const again = await Peer.full(daemon, 'carl')
    expect((await again.next('welcome'))['epoch']).not.toBe(epoch)
    await say(daemon, 'dora', 'four')
    expect(await messages(run, 'dev')).toEqual(['one', 'two', 'four'])
  })

  test('wrong usage is told before anything is done', async () => {
    const { home, run } = await started()
    for (const [args, message] of [
      [['backup', '--replace'], '--replace needs a file'],
      [['backup', 'file.db', '--keep', '3'], 'give no file'],
      [['backup', '--keep', '0'], 'a whole number, 1 or more'],
      [['check', '--new-epoch', 'file.db'], '--new-epoch is for the log of a data directory'],
      [['export', '--direct', 'alice'], '--direct takes two names'],
      [['export', 'dev', '--direct', 'alice', 'bob'], 'name a room, a user'],
      [['restore'], 'missing required argument'],
    ] as const)
      expect(await run(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) })
    expect(readdirSync(home.path)).not.toContain('file.db')
    expect(await runChatd(new Home(), 'restore', 'file.db')).toMatchObject({
      code: 1,
      err: expect.stringContaining('name the data directory with --data'),
    })
    for (const command of ['backup', 'restore', 'check', 'export'])
      expect((await runChatd(home, command, '--help')).out).toContain('Examples:')
  })
})

test('kill -9 of backups at any moment leaves whole ones alone, and the next backup tidies up', async () => {
  const { home, daemon, run } = await started()
  await say(daemon, 'alice', ...Array.from({ length: 20 }, (_, i) => `${i} ${'x'.repeat(15_000)}`))
  const directory = home.join('data', 'backups')
  for (let n = 0; n < 8; n++) {
    const child = spawn(process.execPath, [CHATD, 'backup', '--data', home.join('data')], { env: home.env })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const ended = new Promise(resolve => child.once('exit', resolve))
    const appeared = async (): Promise<void> => {
      while (child.exitCode === null && !parts(directory).some(name => name.includes(`.${child.pid}.`)))
        await sleep(1)
    }
    await appeared()
    await sleep(n * 3)
    child.kill('SIGKILL')
    await ended
  }
  for (const name of readdirSync(directory).filter(one => NAME.test(one)))
    expect(await run('check', home.join('data', 'backups', name))).toMatchObject({ code: 0 })
  expect(await run('backup')).toMatchObject({ code: 0 })
  expect(parts(directory)).toEqual([])
})

function parts(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter(name => name.includes('.part'))
  } catch {
    return []
  }
}

test.each(['running', 'stopped'])('a direct conversation is exported, from a %s daemon', async state => {
  const { daemon, run } = await started()
  await say(daemon, 'Bob')
  const alice = await Peer.full(daemon, 'Alice')
  await alice.ask({ action: 'joinroom', room: '@bob' })
  await alice.ask({ action: 'chat', room: '@bob', message: 'for you', id: 'a' })
  const bob = await Peer.full(daemon, 'carol')
  await bob.ask({ action: 'joinroom', room: '@alice' })
  await bob.ask({ action: 'chat', room: '@alice', message: 'not for bob', id: 'c' })
  await alice.ask({ action: 'react', room: '@bob', target: 1, emoji: '👍', on: true, id: 'r' })
  if (state === 'stopped') await daemon.end('SIGTERM')
  const { code, out, err } = await run('export', '--direct', 'bob', 'ALICE')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const events = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as unknown)
  expect(events).toMatchObject([
    { action: 'chat', seq: 1, room: '@Bob', from: 'Alice', message: 'for you' },
    { action: 'react', room: '@Bob', from: 'Alice' },
  ])
  expect(await run('export', '--direct', 'bob', 'carol')).toMatchObject({
    code: 1,
    out: '',
    err: 'chatd: bob and carol have no direct conversation with any event\n',
  })
})

describe.skipIf(!isRoot)('root works for a daemon of another user', () => {
  test('its backups and a restored log belong to that user, who can start with them', async () => {
    const { home, daemon, run } = await started()
    await say(daemon, 'alice', 'one')
    await daemon.end('SIGTERM')
    const file = home.join('kept.db')
    expect(await run('backup', file)).toMatchObject({ code: 0 })
    const data = home.join('other')
    mkdirSync(data, { mode: 0o700 })
    chownSync(data, OTHER_USER, OTHER_USER)
    copyFileSync(file, home.join('copy.db'))
    expect(await runChatd(home, 'restore', '--yes', '--data', data, home.join('copy.db'))).toMatchObject({
      code: 0,
    })
    expect(await runChatd(home, 'backup', '--data', data)).toMatchObject({ code: 0 })
    expect(await runChatd(home, 'check', '--data', data)).toMatchObject({ code: 0 })
    const paths = readdirSync(data, { recursive: true, encoding: 'utf8' })
    // A note of root, which the daemon does not read.
    for (const path of paths.filter(name => name !== 'chatd.db.clean'))
      expect([path, statSync(`${data}/${path}`).uid]).toEqual([path, OTHER_USER])
    const ran = await new Promise<Ran>(resolve => {
      const program = `const { lockDirectory, logFile } = await import(${JSON.stringify(module('dataDirectory.ts'))});
        const { openForWriting } = await import(${JSON.stringify(module('log/sqlite/database.ts'))});
        const lock = lockDirectory(${JSON.stringify(data)});
        if (!lock.ok) throw new Error(lock.error);
        openForWriting(logFile(${JSON.stringify(data)}), 'epoch').close();
        process.stdout.write('opened')`
      const options = { uid: OTHER_USER, gid: OTHER_USER, env: { PATH: process.env['PATH'] ?? '' } }
      chownSync(home.path, OTHER_USER, OTHER_USER)
      const child = execFile(
        process.execPath,
        ['--input-type=module', '-e', program],
        options,
        (_, out, err) => resolve({ code: child.exitCode, out, err }),
      )
    })
    expect(ran).toMatchObject({ code: 0, out: 'opened' })
  })
})

function module(path: string): string {
  return new URL(`../../src/server/${path}`, import.meta.url).href
}
