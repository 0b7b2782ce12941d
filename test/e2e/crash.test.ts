import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { storm } from '../crash/storm.ts'
import { seeded } from '../seeded.ts'
import { temporaryDirectory } from '../server/directory.ts'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'

const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname

test('seen is stored: the short form of npm run test:crash', async () => {
  const report = await storm({
    directory: temporaryDirectory(),
    kills: 6,
    longest: 400,
    random: seeded(11),
    cut: 0.02,
  })
  expect(report.broken).toEqual([])
  expect(report.acknowledged).toBeGreaterThan(100)
  expect(report.accounts).toBeGreaterThan(3)
  expect(report.seen).toBeGreaterThan(100)
})

const hasStrace = spawnSync('strace', ['-V']).status === 0
if (!hasStrace)
  console.warn('skipped: strace is not installed, so no test looks at the order of syncs and answers')

test.skipIf(!hasStrace)('every acknowledgement is written after the sync of its commit', async () => {
  const directory = temporaryDirectory()
  const trace = join(directory, 'trace')
  const child = spawn(
    'strace',
    [
      '-f',
      '-qq',
      '-s',
      '300',
      '-e',
      'trace=fsync,fdatasync,write,writev',
      '-o',
      trace,
      process.execPath,
      CHATD,
    ].concat(['--listen', '127.0.0.1:0', '--data', join(directory, 'data')]),
    { env: new Home().env, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  await eventually(() => /"port":\d+/.test(log))
  const alice = await Peer.full({ port: Number(/"port":(\d+)/.exec(log)?.[1]) }, 'alice')
  await alice.ask({ action: 'joinroom', room: 'dev' })
  const said = 20
  for (let i = 0; i < said; i++) {
    await alice.ask({ action: 'chat', room: 'dev', message: 'x', id: `sync-${i}` })
  }
  const pid = Number(/"pid":(\d+)/.exec(log)?.[1])
  process.kill(pid, 'SIGTERM')
  await new Promise(resolve => child.once('exit', resolve))
  await eventually(() => existsSync(trace))

  let syncs = 0
  const before = new Map<string, number>()
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    if (/(fsync|fdatasync)(\(\d+\)|.*resumed>.*\))\s+= 0/.test(line)) syncs++
    const answered = /\\"action\\":\\"ok\\",\\"id\\":\\"(sync-\d+)/.exec(line)?.[1]
    if (answered === undefined || before.has(answered)) continue
    before.set(answered, syncs)
    syncs = 0
  }
  expect(before.size).toBe(said)
  for (const [id, count] of before) expect([id, count > 0]).toEqual([id, true])
})
