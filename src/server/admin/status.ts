import * as z from 'zod'
import { showBytes } from '../byteSize.ts'

const size = z.number()
const time = z.string()

/** A daemon as `chatd status --json` prints it. Times are ISO 8601, sizes bytes. */
const status = z.object({
  version: z.string(),
  pid: z.int(),
  /** Seconds. */
  uptime: z.int(),
  /** Milliseconds of a clock that is never set back. */
  at: z.int(),
  isListening: z.boolean(),
  /** Its clients are sent to other daemons, or were. */
  isDraining: z.boolean(),
  listening: z.array(z.string()),
  /** Names that are connected. */
  people: z.int(),
  connections: z.object({ full: z.int(), plain: z.int(), entering: z.int() }),
  /** Rooms that have members. */
  rooms: z.int(),
  log: z.object({ file: z.string(), bytes: size, isWritable: z.boolean(), waiting: z.int() }),
  /** How it follows a log that several daemons share; null: the log is its own. */
  sharedLog: z
    .object({
      /** `host:port`; null: none is connected. */
      broker: z.string().nullable(),
      reconnects: z.int(),
      /** Messages that are not applied here. */
      lag: z.int(),
      secondsSinceProgress: z.int(),
      holes: z.int(),
      /** Why nothing is applied any more. */
      halted: z.string().nullable(),
      inFlight: z.int(),
      replicas: z.int(),
      currentReplicas: z.int(),
    })
    .nullable(),
  disk: z.object({ free: size.nullable() }),
  /** The directory of backups. */
  backups: z.string(),
  lastBackup: time.nullable(),
  certificate: z.object({ notAfter: time, fingerprint: z.string() }).nullable(),
  /** Since the start. */
  totals: z.object({
    events: z.int(),
    deliveries: z.int(),
    bytesIn: size,
    bytesOut: size,
    commits: z.int(),
    commitSeconds: z.number(),
  }),
  /** Bytes that wait for slow readers. */
  waitingBytes: size,
  /** The slowest of them. */
  slow: z.array(
    z.object({
      connection: z.string(),
      name: z.string().nullable(),
      address: z.string(),
      waiting: size,
      seconds: z.number(),
    }),
  ),
  slowInAll: z.int(),
  /** The rooms with the most events a second. */
  busiest: z.array(z.object({ name: z.string(), people: z.int(), members: z.int(), perSecond: z.number() })),
  directsPerSecond: z.number(),
})

/** What a daemon tells of itself. */
export type Status = z.infer<typeof status>

/** Reads the answer of a daemon; undefined for one of another version. */
export function readStatus(line: string): Status | undefined {
  try {
    return status.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

/** The status in lines for a person. @param now ms since 1970 */
export function describeStatus(of: Status, now: number): readonly string[] {
  const { connections, log, disk, certificate } = of
  const rows: readonly (readonly [string, string])[] = [
    ['chatd', `${of.version}, process ${of.pid}, up ${showDuration(of.uptime)}`],
    ['listening', of.isListening ? of.listening.join(', ') : whyNotListening(of)],
    ['people', `${of.people}`],
    [
      'connections',
      `${connections.full} full, ${connections.plain} plain, ${connections.entering} on their way in`,
    ],
    ['rooms', `${of.rooms} with members`],
    [
      'log',
      `${showBytes(log.bytes)}, ${log.isWritable ? 'stores' : 'CANNOT STORE: the last commit failed'}, ${log.waiting} waiting`,
    ],
    ...(of.sharedLog === null ? [] : [['shared log', describeShared(of.sharedLog)] as const]),
    ['disk', disk.free === null ? 'not known' : `${showBytes(disk.free)} free`],
    ['last backup', of.lastBackup === null ? `none in ${of.backups}` : showAge(of.lastBackup, now)],
    [
      'certificate',
      certificate === null ? 'none is needed yet' : `ends ${showAge(certificate.notAfter, now)}`,
    ],
    [
      'slow readers',
      of.slowInAll === 0 ? 'none' : `${of.slowInAll}, ${showBytes(of.waitingBytes)} wait for them`,
    ],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`)
}

function describeShared(of: NonNullable<Status['sharedLog']>): string {
  if (of.halted !== null) return `HALTED: ${of.halted}`
  const broker = of.broker === null ? 'NO BROKER ANSWERS' : `at ${of.broker}`
  const lag = of.lag === 0 ? 'has everything' : `lacks ${of.lag} messages`
  return `${broker}, ${lag}, ${of.inFlight} in flight, ${of.currentReplicas} of ${of.replicas} replicas are whole`
}

function whyNotListening({ isDraining, connections: { full, plain, entering } }: Status): string {
  if (!isDraining) return 'not now: it starts or stops'
  return full + plain + entering > 0
    ? 'not now: its clients are sent to other daemons (chatd drain)'
    : 'not now: it is drained, and can be stopped; chatd drain --cancel takes connections again'
}

/** `3 d 4 h`. */
export function showDuration(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`
}

/** A time and how far it is: `2026-11-28T02:00:00.000Z, 3 h ago`. A certificate without an end ends in thousands of years. */
function showAge(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1_000
  return seconds >= 0 ? `${iso}, ${showDuration(seconds)} ago` : `${iso}, in ${showDuration(-seconds)}`
}
