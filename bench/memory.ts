import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Row } from './figures.ts'
import { authorName, copyLog, type LogCopy, roomName } from './keptLog.ts'
import { addEntries } from './longLog.ts'
import { residentMiB, startDaemon, startDaemonIn } from './programs.ts'
import { counted, type Sizes, scaled } from './sizes.ts'
import { underSpreadLoad } from './underLoad.ts'

const SESSIONS = 100_000
/** Rooms that each kept session has joined. */
const ROOMS_OF_SESSION = 3
const CONNECTIONS = 9_000
/** Members of each room that the connections join, one room each. */
const A_ROOM = 9
/** The share of the seconds of a measurement in which the collector frees what starting and connecting allocated. */
const SETTLED = 0.5

/** The memory of a daemon by what it holds, and the same with ten times the history: MiB resident. */
export async function memory(sizes: Sizes): Promise<Row[]> {
  const bare = await startDaemon()
  const nothing = await settled(bare.pid, sizes)
  await bare.stop()
  const short = await stages(copyLog(Math.ceil(sizes.events / 10), sizes), sizes)
  const long = await stages(copyLog(sizes.events, sizes), sizes)
  const rows: Row[] = [{ what: 'an empty log', figures: { MiB: nothing } }]
  const names = [
    `${counted(short.rooms)} rooms with history`,
    `and ${counted(scaled(SESSIONS, sizes))} kept sessions`,
    `and ${counted(scaled(CONNECTIONS, sizes))} connections`,
  ]
  names.forEach((what, i) => {
    const [less = Number.NaN, more = Number.NaN] = [short.held[i], long.held[i]]
    rows.push({ what: `${what}: ${counted(short.events)} events`, figures: { MiB: less } })
    rows.push({ what: `${what}: ${counted(long.events)} events`, figures: { MiB: more, '×': more / less } })
  })
  return rows
}

/** What a daemon holds after each stage: with the rooms, with the sessions too, and with the connections too. */
async function stages(
  copy: LogCopy,
  sizes: Sizes,
): Promise<Pick<LogCopy, 'rooms' | 'events'> & { readonly held: readonly number[] }> {
  try {
    const first = await startDaemonIn(copy.directory)
    const held = [await settled(first.pid, sizes)]
    await first.stop()
    addSessions(copy, scaled(SESSIONS, sizes))
    const daemon = await startDaemonIn(copy.directory)
    held.push(await settled(daemon.pid, sizes))
    let connected = Promise.resolve(Number.NaN)
    const rooms = scaled(CONNECTIONS / A_ROOM, sizes)
    const shape = {
      people: A_ROOM * rooms,
      rooms,
      members: A_ROOM,
      speaking: 1,
      perSecond: 0,
      bytes: 100,
      warmUp: 0,
    }
    await underSpreadLoad(daemon, { ...shape, seconds: sizes.seconds }, () => {
      connected = settled(daemon.pid, sizes)
    })
    held.push(await connected)
    await daemon.stop()
    return { rooms: copy.rooms, events: copy.events, held }
  } finally {
    copy.remove()
  }
}

async function settled(pid: number, { seconds }: Sizes): Promise<number> {
  await wait(seconds * SETTLED * 1_000)
  return residentMiB(pid)
}

/** Sessions of the people of the log, each with rooms that it has joined. */
function addSessions({ directory, rooms, authors, events }: LogCopy, count: number): void {
  const each = 1 + ROOMS_OF_SESSION
  addEntries(directory, count * each, n => {
    const session = Math.floor(n / each) + 1
    const part = n % each
    const person = authorName(session % authors)
    if (part === 0) {
      const hash = createHash('sha256').update(`${session}`).digest('hex')
      return { kind: 'began', session: { number: session, hash, person, began: events }, name: person }
    }
    return { kind: 'read', session, roomKey: roomName((session * each + part) % rooms), seq: events }
  })
}
