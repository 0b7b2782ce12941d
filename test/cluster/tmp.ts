import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openSqliteLog, type SqliteLog } from '../../src/server/log/sqlite/sqliteLog.ts'
import { BrokerCluster } from './brokerCluster.ts'
import { findNatsServer } from './natsServer.ts'
const brokers = await BrokerCluster.start(findNatsServer() ?? '')
const dir = mkdtempSync('/tmp/wt-cluster/x-')
const say = (log: SqliteLog, message: string, target?: number): Promise<number> => new Promise((resolve, reject) => log.append({ kind: 'event', roomKey: 'dev', roomName: 'dev', from: 'a', session: 1, id: crypto.randomUUID(), body: target === undefined ? { action: 'chat', message } : { action: 'delete', target } }, r => r.ok ? resolve(r.value.seq) : reject(new Error(r.error.message))))
const bench = async (name: string, log: SqliteLog) => {
  for (const k of [1, 32, 512]) {
    const times: number[] = []
    const end = performance.now() + 4000
    await Promise.all(Array.from({ length: k }, async () => { while (performance.now() < end) { const t = performance.now(); await say(log, 'hello hello hello'); times.push(performance.now() - t) } }))
    times.sort((a, b) => a - b)
    console.log(name, k, 'in flight:', Math.round(times.length / 4), 'entries/s, p50', times[Math.floor(times.length / 2)]?.toFixed(1), 'p99', times[Math.floor(times.length * 0.99)]?.toFixed(1))
  }
}
try {
  await brokers.init('x')
  const open = async (n: string, b = true) => { const o = await openSqliteLog(join(dir, n), b ? { brokers: brokers.brokersOf('x'), onTrouble: t => console.log(t) } : {}); if (!o.ok) throw new Error(o.error); return o.value }
  const alone = await open('alone', false); await bench('sqlite', alone); await alone.close()
  const one = await open('one'); const two = await open('two')
  await bench('shared, two daemons', one)
  const t0 = performance.now(); const three = await open('three'); console.log('fresh daemon folded', three.last, 'last in', Math.round(performance.now() - t0), 'ms'); 
  const { DatabaseSync } = await import('node:sqlite'); const d = new DatabaseSync(join(dir, 'three'), { readOnly: true }); console.log(d.prepare('select count(*) as events from events').get()); d.close()
  const seq = await say(one, 'verysecretword')
  await say(one, '', seq)
  const t1 = performance.now()
  for (;;) {
    const dirs = [0, 1, 2].map(at => brokers.directoryOf(at))
    let found = ''
    try { found = execFileSync('grep', ['-rl', 'verysecretword', ...dirs], { encoding: 'utf8' }) } catch {}
    console.log(Math.round((performance.now() - t1) / 1000), 's', found.split('\n').filter(Boolean).map(f => f.replace(/.*chatd-brokers-\w+\//, '').slice(0, 60)))
    if (found === '') break
    await wait(15_000)
  }
  await one.close(); await two.close(); await three.close()
} finally { await brokers.close(); rmSync(dir, { recursive: true }) }
