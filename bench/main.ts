/**
 * `npm run bench`: measures the built programs, and prints the machine and tables of the figures.
 * `npm run bench -- burst start` runs parts; `--rounds 5` gives medians, and other options sizes: see README.md.
 * It writes the results as JSON too.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { append } from './append.ts'
import { cluster } from './cluster.ts'
import { endurance } from './endurance.ts'
import { median, type Row, table } from './figures.ts'
import { drawGrowth, growth } from './growth.ts'
import { guessing } from './guessing.ts'
import { handshakes } from './handshakes.ts'
import { history } from './history.ts'
import { hostile } from './hostile.ts'
import { encryptedIdle, idle } from './idle.ts'
import { clientFlood, keystroke, rest } from './keystroke.ts'
import { manyRooms } from './manyRooms.ts'
import { memory } from './memory.ts'
import { opening } from './opening.ts'
import { reading } from './reading.ts'
import { restart } from './restart.ts'
import { send } from './send.ts'
import { big, burst, encrypted, rooms, trickle, watched } from './sideBySide.ts'
import { DEFAULT_SIZES, type Sizes } from './sizes.ts'
import { start } from './start.ts'
import { storm } from './storm.ts'

type Part = (sizes: Sizes) => Promise<Row[]>

const PARTS: Readonly<Record<string, Part>> = {
  burst,
  trickle,
  rooms,
  big,
  encrypted,
  watched,
  storm,
  handshakes,
  guessing,
  hostile: () => hostile(),
  idle,
  encryptedIdle,
  send,
  history,
  keystroke,
  start,
  opening,
  rest,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    events: { type: 'string', default: `${DEFAULT_SIZES.events}` },
    log: { type: 'string' },
    seconds: { type: 'string', default: `${DEFAULT_SIZES.seconds}` },
    scale: { type: 'string', default: `${DEFAULT_SIZES.scale}` },
    members: { type: 'string', default: DEFAULT_SIZES.members.join(',') },
    plot: { type: 'string', default: fileURLToPath(new URL('../docs/growth.svg', import.meta.url)) },
  },
})
/** Parts that take so long, or need so long a log, that they run only when they are asked for. */
const LONG_PARTS: typeof PARTS = {
  cluster,
  manyRooms,
  append,
  restart,
  reading,
  memory,
  growth,
  endurance: () => endurance(Number(values.minutes)),
  clientFlood: () => clientFlood(Number(values.minutes)),
}
/** What a part draws of its medians. */
const DRAWINGS: Readonly<Record<string, (rows: readonly Row[]) => void>> = {
  growth: rows => drawGrowth(rows, values.plot),
}
const ALL_PARTS = { ...PARTS, ...LONG_PARTS }
const names = positionals.length > 0 ? positionals : Object.keys(PARTS)
const unknown = names.find(name => !Object.hasOwn(ALL_PARTS, name))
const rounds = Number(values.rounds)
const sizes: Sizes = {
  events: Number(values.events),
  log: values.log,
  seconds: Number(values.seconds),
  scale: Number(values.scale),
  members: values.members.split(',').map(Number),
}
const counts = [rounds, sizes.events, ...sizes.members]
const isGiven =
  counts.every(count => Number.isInteger(count) && count >= 1) &&
  [sizes.seconds, sizes.scale].every(size => size > 0)
if (unknown !== undefined || !isGiven) {
  console.error(
    `usage: npm run bench -- [${Object.keys(ALL_PARTS).join('] [')}] [--rounds N] [--minutes N] [--events N] [--log DIRECTORY] [--seconds S] [--scale SHARE] [--members N,N] [--plot FILE]`,
  )
  process.exit(2)
}

const machine = {
  date: new Date().toISOString(),
  cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
}
console.log(
  Object.entries(machine)
    .map(([name, value]) => `${name}: ${value}`)
    .join('   '),
)

const results: Record<string, Row[]> = {}
for (const name of names) {
  const measured: Row[][] = []
  for (let round = 0; round < rounds; round++) measured.push((await ALL_PARTS[name]?.(sizes)) ?? [])
  const rows = medians(measured)
  results[name] = rows
  DRAWINGS[name]?.(rows)
  console.log(`\n${table(rounds > 1 ? `${name}, median of ${rounds}` : name, rows)}`)
}
const directory = new URL('results/', import.meta.url)
mkdirSync(directory, { recursive: true })
const file = new URL(`${machine.date.replaceAll(':', '-')}.json`, directory)
writeFileSync(file, `${JSON.stringify({ machine, rounds, results }, null, 2)}\n`)

function medians(measured: readonly Row[][]): Row[] {
  return (measured[0] ?? []).map(({ what, figures }, i) => ({
    what,
    figures: Object.fromEntries(
      Object.keys(figures).map(column => [
        column,
        median(measured.map(rows => rows[i]?.figures[column] ?? Number.NaN)),
      ]),
    ),
  }))
}
