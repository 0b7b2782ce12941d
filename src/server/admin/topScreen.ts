import { showBytes } from '../byteSize.ts'
import { type Status, showDuration } from './status.ts'

/** What is drawn at once: the newest status, and one from a while before for the rates. */
export interface Shown {
  readonly now: Status
  readonly before: Status | undefined
  readonly rows: number
  readonly columns: number
}

/** Rows that the slow readers get at most, their head included. */
const SLOW_ROWS = 6

/** The screen of `chatd top`, a row an entry. Names stand last in their rows, so that no script moves a column. */
export function drawTop({ now, before, rows, columns }: Shown): readonly string[] {
  const { connections, log, disk } = now
  const rate = ratesBetween(before, now)
  const head = [
    `chatd ${now.version}  up ${showDuration(now.uptime)}  ${now.isListening ? now.listening.join(' ') : 'not listening'}`,
    `people ${now.people}  connections ${connections.full} full, ${connections.plain} plain, ${connections.entering} entering  rooms ${now.rooms}`,
    `messages/s ${rate.events}  deliveries/s ${rate.deliveries}  in ${rate.bytesIn}/s  out ${rate.bytesOut}/s`,
    `commits/s ${rate.commits}  ms a commit ${rate.commitMs}  waiting ${log.waiting}  log ${showBytes(log.bytes)}  disk ${disk.free === null ? '?' : showBytes(disk.free)} free${log.isWritable ? '' : '  CANNOT STORE'}`,
    '',
  ]
  const slow =
    now.slowInAll === 0
      ? ['slow readers: none', '']
      : [
          `slow readers: ${now.slowInAll}, ${showBytes(now.waitingBytes)} wait for them`,
          ...now.slow.map(({ connection, name, address, waiting, seconds }) =>
            [
              connection.padStart(9),
              showBytes(waiting).padStart(10),
              `${seconds.toFixed(1)} s`.padStart(8),
              ` ${address}  ${name ?? '-'}`,
            ].join(' '),
          ),
        ].slice(0, SLOW_ROWS)
  if (now.slowInAll > 0) slow.push('')
  const list = [
    `${'events/s'.padStart(9)} ${'people'.padStart(7)} ${'links'.padStart(7)}  room`,
    ...now.busiest.map(
      ({ name, people, members, perSecond }) =>
        `${perSecond.toFixed(1).padStart(9)} ${String(people).padStart(7)} ${String(members).padStart(7)}  ${name}`,
    ),
    `${now.directsPerSecond.toFixed(1).padStart(9)} ${''.padStart(7)} ${''.padStart(7)}  (direct conversations)`,
  ]
  const all = [...head, ...slow, ...list].map(row => row.slice(0, columns))
  return all.slice(0, Math.max(1, rows))
}

interface Rates {
  readonly events: string
  readonly deliveries: string
  readonly bytesIn: string
  readonly bytesOut: string
  readonly commits: string
  readonly commitMs: string
}

/** What happened a second between two looks; without an earlier one of the same process, since its start. */
function ratesBetween(before: Status | undefined, now: Status): Rates {
  const isSame = before !== undefined && before.pid === now.pid && before.at < now.at
  const seconds = isSame ? (now.at - before.at) / 1_000 : Math.max(1, now.uptime)
  const since = (key: keyof Status['totals']): number => now.totals[key] - (isSame ? before.totals[key] : 0)
  const commits = since('commits')
  return {
    events: (since('events') / seconds).toFixed(1),
    deliveries: (since('deliveries') / seconds).toFixed(0),
    bytesIn: showBytes(since('bytesIn') / seconds),
    bytesOut: showBytes(since('bytesOut') / seconds),
    commits: (commits / seconds).toFixed(1),
    commitMs: commits === 0 ? '-' : ((since('commitSeconds') * 1_000) / commits).toFixed(2),
  }
}
