import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Durations } from '../../../src/server/durations.ts'
import { openSqliteLog, type SqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import type { SharedFigures, WatchedLog } from '../../../src/server/log/watched.ts'
import { Health } from '../../../src/server/metrics/health.ts'
import { Watch } from '../../../src/server/metrics/watch.ts'
import type { ListenAddress } from '../../../src/server/settings.ts'
import { temporaryDirectory } from '../directory.ts'
import { eventually, Peer, type Server, startServer } from '../peer.ts'

interface Watching extends Server {
  readonly watch: Watch
  readonly metrics: number
  readonly directory: string
  readonly log: SqliteLog
}

async function watching(): Promise<Watching> {
  const directory = temporaryDirectory()
  const opened = await openSqliteLog(join(directory, 'chatd.db'))
  if (!opened.ok) throw new Error(opened.error)
  const server = await startServer({}, opened.value)
  const watch = new Watch(directory, {
    certificate: () => undefined,
    backups: () => join(directory, 'elsewhere'),
  })
  watch.log = opened.value
  watch.daemon = server.daemon
  const address = await serve(watch, { host: '127.0.0.1', port: 0 })
  return { ...server, watch, directory, log: opened.value, metrics: 'port' in address ? address.port : 0 }
}

async function serve(watch: Watch, address: ListenAddress): Promise<ListenAddress> {
  const serving = await watch.serve(address, 0o600)
  if (!serving.ok) throw new Error(serving.error)
  onTestFinished(() => watch.close())
  return serving.value
}

/** Scrapes until the text holds something: it may be a second old. */
async function scrapeUntil(port: number, wanted: string | RegExp): Promise<string> {
  let text = ''
  await eventually(async () => {
    text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)
  })
  return text
}

describe('metrics', () => {
  test('tell what happened: connections, requests, deliveries, commits, ends', async () => {
    const server = await watching()
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.plain(server, 'bob')
    bob.send({ action: 'joinroom', room: 'dev' })
    await alice.ask({ action: 'joinroom', room: 'dev' })
    await alice.until(
      () => alice.of('joined').length > 0 || server.daemon.counters.requests.joinroom.ok === 2,
    )
    for (let i = 0; i < 5; i++) await alice.ask({ action: 'chat', room: 'dev', message: `m${i}` })
    await alice.ask({ action: 'chat', room: 'elsewhere', message: 'x' })
    bob.socket.end()
    await bob.ended()
    const text = await scrapeUntil(server.metrics, 'chatd_disconnects_total{reason="closed"} 1')
    for (const line of [
      'chatd_connections{kind="full"} 1',
      'chatd_connections{kind="plain"} 0',
      'chatd_connections_refused_total{reason="server_full"} 0',
      'chatd_requests_total{action="chat",result="ok"} 5',
      'chatd_requests_total{action="chat",result="not_in_room"} 1',
      'chatd_requests_total{action="connect",result="ok"} 2',
      'chatd_deliveries_total 10',
      'chatd_ack_seconds_count 5',
      'chatd_log_writable 1',
      'chatd_config_last_reload_success 1',
    ])
      expect(text).toContain(`${line}\n`)
    for (const pattern of [
      /^chatd_commit_queue_events \d/m,
      /^chatd_outbound_bytes \d/m,
      /^chatd_commit_seconds_count [1-9]/m,
      /^chatd_log_bytes\{file="chatd.db"\} [1-9]/m,
      /^chatd_disk_free_bytes [1-9]/m,
      /^chatd_build_info\{version="[^"]+",node="\d[^"]+"\} 1$/m,
      /^process_resident_memory_bytes [1-9]/m,
      /^process_open_fds [1-9]/m,
    ])
      expect(text).toMatch(pattern)
    // The loop is looked at ten times a second: a fast machine gets here before.
    await scrapeUntil(server.metrics, /^chatd_event_loop_delay_seconds_bucket\{le="\+Inf"\} [1-9]/m)
    // What is not known is absent, and no zero of 1970.
    expect(text).not.toMatch(/^chatd_last_backup_timestamp_seconds/m)
    expect(text).not.toMatch(/^chatd_tls_not_after_seconds/m)
  })

  test('the newest backup counts, and only files of this name', async () => {
    const server = await watching()
    const backups = join(server.directory, 'elsewhere')
    mkdirSync(backups)
    for (const name of [
      'chatd-20260101T000000Z.db',
      'chatd-20260102T030405Z.db',
      'other.db',
      'chatd-20260103T000000Z.db.7.part',
    ])
      writeFileSync(join(backups, name), '')
    const newest = Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000
    await scrapeUntil(server.metrics, `chatd_last_backup_timestamp_seconds ${newest}\n`)
    rmSync(backups, { recursive: true })
    await eventually(
      async () =>
        !(await (await fetch(`http://127.0.0.1:${server.metrics}/metrics`)).text()).includes(
          '_last_backup_timestamp_seconds 1',
        ),
    )
  })

  test('a broken configuration is told', async () => {
    const server = await watching()
    server.watch.noteReload(false)
    await scrapeUntil(server.metrics, 'chatd_config_last_reload_success 0\n')
  })

  test('a socket in the file system serves them too', async () => {
    const { watch } = await watching()
    const path = join(temporaryDirectory(), 'metrics')
    await serve(watch, { path })
    const text = await new Promise<string>((resolve, reject) => {
      request({ socketPath: path, path: '/readyz' }, response => {
        response.setEncoding('utf8')
        response.on('data', resolve)
      })
        .on('error', reject)
        .end()
    })
    expect(text).toBe('ok\n')
  })

  test('a taken port is a sentence', async () => {
    const { watch, metrics } = await watching()
    expect(await watch.serve({ host: '127.0.0.1', port: metrics }, 0o600)).toMatchObject({
      ok: false,
      error: expect.stringContaining('choose another address with --metrics'),
    })
  })
})

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
if (!hasPromtool) console.warn('skipped: promtool, which is not installed, did not check the metrics')

test.skipIf(!hasPromtool)('promtool finds nothing wrong with names, types and texts', async () => {
  const { metrics } = await watching()
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  })
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
})

test('a daemon that follows a shared log tells how; one that has halted is alive, and not ready', async () => {
  const { watch, metrics, log } = await watching()
  const shared = {
    broker: '10.0.0.1:4222',
    reconnects: 2,
    lag: 7,
    sinceProgress: 1_500,
    holes: 1,
    halted: undefined,
    inFlight: 3,
    replicas: 3,
    currentReplicas: 2,
  }
  const withShared = (more: Partial<SharedFigures>): WatchedLog => ({
    commits: log.commits,
    waiting: 0,
    isWritable: true,
    turns: () => log.turns(),
    shared: { ...shared, ...more },
  })
  expect(await scrapeUntil(metrics, 'chatd_log_writable 1')).not.toMatch(/^chatd_shared_log/m)
  watch.log = withShared({})
  const text = await scrapeUntil(metrics, 'chatd_shared_log_lag_messages 7')
  for (const line of [
    'chatd_shared_log_connected 1',
    'chatd_shared_log_reconnects_total 2',
    'chatd_shared_log_seconds_since_progress 1.5',
    'chatd_shared_log_in_flight 3',
    'chatd_shared_log_holes_total 1',
    'chatd_shared_log_halted 0',
    'chatd_shared_log_replicas 3',
    'chatd_shared_log_replicas_current 2',
  ])
    expect(text).toContain(`${line}\n`)
  expect((await watch.status(0)).sharedLog).toMatchObject({ lag: 7, secondsSinceProgress: 2, halted: null })
  watch.log = withShared({ halted: 'the stream went back', broker: undefined })
  await scrapeUntil(metrics, 'chatd_shared_log_halted 1')
  const ready = await fetch(`http://127.0.0.1:${metrics}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('the stream went back')])
  expect((await fetch(`http://127.0.0.1:${metrics}/healthz`)).status).toBe(200)
})

describe('health', () => {
  const log = (turns: () => Promise<void>): WatchedLog => ({
    commits: new Durations(),
    waiting: 0,
    isWritable: true,
    turns,
  })

  test('is well while both turn, and says what does not', async () => {
    const { metrics, log: real, daemon } = await watching()
    const ask = (path: string) => fetch(`http://127.0.0.1:${metrics}${path}`)
    expect((await ask('/healthz')).status).toBe(200)
    expect((await ask('/readyz')).status).toBe(200)
    expect((await ask('/')).status).toBe(404)
    await daemon.stop()
    const notReady = await ask('/readyz')
    expect([notReady.status, await notReady.text()]).toEqual([503, 'chatd does not take connections now\n'])
    await real.close()
    const dead = await ask('/healthz')
    expect([dead.status, await dead.text()]).toEqual([503, expect.stringContaining('has ended')])
  })

  test('a writer that does not answer is a sentence after a while; many questions are one', async () => {
    let asked = 0
    const stuck = new Health(
      () =>
        log(() => {
          asked++
          return new Promise(() => undefined)
        }),
      100,
    )
    const answers = await Promise.all(Array.from({ length: 50 }, () => stuck.check()))
    expect(asked).toBe(1)
    expect(new Set(answers)).toEqual(
      new Set(['the thread that writes the log has not answered for 0.1 seconds']),
    )
  })

  test('a log that is still being opened is no fault', async () => {
    expect(await new Health(() => undefined).check()).toBeUndefined()
  })
})

describe('a hostile scraper', () => {
  function open(port: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => undefined)
    onTestFinished(() => {
      socket.destroy()
    })
    return new Promise(resolve => socket.once('connect', () => resolve(socket)))
  }

  /** Everything that came until the end of a connection. */
  function whole(socket: Socket): Promise<string> {
    let text = ''
    socket.setEncoding('utf8').on('data', chunk => {
      text += String(chunk)
    })
    return new Promise(resolve => {
      socket.on('end', () => socket.end())
      socket.on('close', () => resolve(text))
    })
  }

  test('gets a long head refused, a body unread, and its connection closed', async () => {
    const { metrics } = await watching()
    const long = await open(metrics)
    long.write(`GET /metrics HTTP/1.1\r\nx: ${'x'.repeat(100_000)}\r\n`)
    expect(await whole(long)).toMatch(/^HTTP\/1.1 431 /)
    const body = await open(metrics)
    body.write(
      `POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n${'x'.repeat(100_000)}`,
    )
    expect(await whole(body)).toMatch(/^HTTP\/1.1 405 [\s\S]*connection: close/)
    const bare = await open(metrics)
    bare.write('\u0000\u0001\r\n\r\n')
    expect(await whole(bare)).toMatch(/^HTTP\/1.1 400 /)
  })

  test('whose head never ends is closed after some seconds', async () => {
    const { metrics } = await watching()
    const began = performance.now()
    const slow = await open(metrics)
    const timer = setInterval(() => slow.write('x: y\r\n'), 200)
    slow.write('GET /metrics HTTP/1.1\r\n')
    await whole(slow)
    clearInterval(timer)
    expect(performance.now() - began).toBeLessThan(16_000)
  })

  test('with a thousand connections disturbs no chat, and a scrape works again afterwards', async () => {
    const server = await watching()
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    const sockets = await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        const socket = await open(server.metrics)
        socket.write('GET /metrics HTTP/1.1\r\n')
        return socket
      }),
    )
    await eventually(() => sockets.filter(socket => !socket.readable || socket.destroyed).length > 900)
    expect(await alice.ask({ action: 'chat', room: 'dev', message: 'still here' })).toMatchObject({
      action: 'ok',
    })
    for (const socket of sockets) socket.destroy()
    await scrapeUntil(server.metrics, 'chatd_requests_total{action="chat",result="ok"} 1')
  })
})
