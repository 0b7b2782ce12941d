import { CHATD, CONTENDERS, type Contender, TLS_CONTENDERS, WATCHED_CONTENDERS } from './contenders.ts'
import type { Row } from './figures.ts'
import type { LoadOrder } from './load.ts'
import type { Sizes } from './sizes.ts'
import { underLoad } from './underLoad.ts'

type Shape = Omit<LoadOrder, 'port' | 'dialect'>

const SPEAKING_S = 2
/** Warm-up, s: servers run for months, so V8's first compilations, in them and in the load, do not count. */
const WARM_UP_S = 1.5
/** V8 compiles code that has run often enough, which takes longer with few messages. */
const SLOW_WARM_UP_S = 3

/** One room, one sender with 64 messages in flight, texts of 100 bytes: deliveries a second. */
export function burst({ members }: Pick<Sizes, 'members'>): Promise<Row[]> {
  return sideBySide(
    members.map(listeners => ({
      what: `${listeners.toLocaleString('en-US')} members`,
      shape: { listeners, rooms: 1, bytes: 100, warmUp: WARM_UP_S, seconds: SPEAKING_S, inFlight: 64 },
    })),
  )
}

/** What watching costs: both loads of one room of 1,000, without and with scrapes. */
export function watched(): Promise<Row[]> {
  const shape = { listeners: 1_000, rooms: 1, bytes: 100 }
  const loads = [
    {
      what: 'burst, 1,000 members',
      shape: { ...shape, warmUp: WARM_UP_S, seconds: SPEAKING_S, inFlight: 64 },
    },
    {
      what: 'trickle, 1,000 members',
      shape: { ...shape, warmUp: SLOW_WARM_UP_S, seconds: 5, perSecond: 50 },
    },
  ]
  return sideBySide(loads, () => true, WATCHED_CONTENDERS)
}

/** The same through TLS beside plain text. */
export function encrypted(): Promise<Row[]> {
  return sideBySide(
    [100, 1_000].map(listeners => ({
      what: `${listeners.toLocaleString('en-US')} members`,
      shape: { listeners, rooms: 1, bytes: 100, warmUp: WARM_UP_S, seconds: SPEAKING_S, inFlight: 64 },
    })),
    () => true,
    TLS_CONTENDERS,
  )
}

/** One room of 1,000, 50 messages a second without waiting: the cost of a message when servers can gather nothing. */
export function trickle(): Promise<Row[]> {
  const shape = { listeners: 1_000, rooms: 1, bytes: 100, warmUp: SLOW_WARM_UP_S, seconds: 5, perSecond: 50 }
  return sideBySide([{ what: '1,000 members', shape }])
}

/** 2,000 people in 500 rooms, one sender in each. */
export function rooms(): Promise<Row[]> {
  const shape = {
    listeners: 1_500,
    rooms: 500,
    bytes: 100,
    warmUp: WARM_UP_S,
    seconds: SPEAKING_S,
    inFlight: 8,
  }
  return sideBySide([{ what: '500 rooms', shape }])
}

/** Texts of 16 KiB, the longest that chatd accepts. IRC takes no part: its lines have 512 bytes. */
export function big(): Promise<Row[]> {
  const shape = {
    listeners: 100,
    rooms: 1,
    bytes: 16_384,
    warmUp: WARM_UP_S,
    seconds: SPEAKING_S,
    inFlight: 16,
  }
  return sideBySide([{ what: '100 members', shape }], ({ dialect }) => dialect !== 'irc')
}

/**
 * The same load on each server in turn. `ours ×` is chatd's deliveries a CPU second, divided by the server's; `p99 ×` is
 * the same of the slowest percent.
 */
async function sideBySide(
  loads: readonly { readonly what: string; readonly shape: Shape }[],
  takesPart: (contender: Contender) => boolean = () => true,
  contenders: readonly Contender[] = CONTENDERS,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const { what, shape } of loads) {
    let ours: Row['figures'] = {}
    for (const contender of contenders.filter(takesPart)) {
      const row = await measure(contender, what, shape)
      if (contender === CHATD) ours = row.figures
      const times = (column: string): number =>
        (ours[column] ?? Number.NaN) / (row.figures[column] ?? Number.NaN)
      rows.push({
        ...row,
        figures: { ...row.figures, 'ours ×': times('per CPU-s'), 'p99 ×': times('p99 ms') },
      })
    }
  }
  return rows
}

async function measure(contender: Contender, what: string, shape: Shape): Promise<Row> {
  const name = `${what}: ${contender.name}`
  if (contender.missing !== undefined)
    return { what: `${name} (left out: ${contender.missing})`, figures: {} }
  const server = await contender.start()
  try {
    const { result, cpu } = await underLoad(server, {
      ...shape,
      port: server.port,
      dialect: contender.dialect,
      isEncrypted: contender.isEncrypted === true,
    })
    // A server that did not deliver every message has done less work.
    const isWhole = result.lost === 0 && result.disordered === 0
    return {
      what: name,
      figures: {
        'deliveries/s': result.delivered / result.seconds,
        'per CPU-s': isWhole ? result.delivered / cpu : Number.NaN,
        'busy %': (100 * cpu) / result.seconds,
        'load busy %': (100 * result.loadCpu) / result.seconds,
        'p50 ms': result.p50,
        'p99 ms': result.p99,
        'max ms': result.max,
        lost: result.lost,
        disordered: result.disordered,
      },
    }
  } catch (error) {
    return { what: `${name} (failed: ${error instanceof Error ? error.message : error})`, figures: {} }
  } finally {
    await server.stop()
  }
}
