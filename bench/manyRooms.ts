import type { Row } from './figures.ts'
import { startDaemon } from './programs.ts'
import { counted, type Sizes, scaled } from './sizes.ts'
import type { SpreadOrder } from './spreadLoad.ts'
import { type Loaded, underSpreadLoad } from './underLoad.ts'

/** Bytes of a text. */
const BYTES = 100
/** How long the load sends before it is measured, at most; s. */
const WARM_UP_S = 3
/** Messages a second in all rooms: six a minute in each of 5,000. */
const PER_SECOND = 500

type Shape = Pick<SpreadOrder, 'people' | 'rooms' | 'members' | 'speaking'>

/** What a message costs in 20,000 rooms of three, of which a quarter speaks, beside what it costs in 500 rooms of four. */
export async function manyRooms(sizes: Sizes): Promise<Row[]> {
  const few = await measure({ people: 2_000, rooms: 500, members: 4, speaking: 500 }, sizes)
  const many = await measure({ people: 6_000, rooms: 20_000, members: 3, speaking: 5_000 }, sizes)
  const times = (column: string): number =>
    (many.figures[column] ?? Number.NaN) / (few.figures[column] ?? Number.NaN)
  return [
    few,
    {
      what: many.what,
      figures: { ...many.figures, 'message ×': times('ms a message'), 'delivery ×': times('µs a delivery') },
    },
  ]
}

async function measure(whole: Shape, sizes: Sizes): Promise<Row> {
  const { members } = whole
  const rooms = scaled(whole.rooms, sizes)
  const people = members * Math.ceil(scaled(whole.people, sizes) / members)
  const speaking = scaled(whole.speaking, sizes)
  const daemon = await startDaemon()
  try {
    const order = { people, rooms, members, speaking, perSecond: PER_SECOND, ...lasting(sizes) }
    const loaded = await underSpreadLoad(daemon, order)
    const what = `${counted(rooms)} rooms of ${members}, ${counted(speaking)} speak, ${counted(people)} people`
    return { what, figures: costs(loaded, members) }
  } finally {
    await daemon.stop()
  }
}

/** How long a spread load lasts, and how long its texts are. */
export function lasting({ seconds }: Sizes): Pick<SpreadOrder, 'seconds' | 'warmUp' | 'bytes'> {
  return { seconds, warmUp: Math.min(WARM_UP_S, seconds), bytes: BYTES }
}

/** What a message of a spread load cost. A load that lost or reordered messages has no figures. */
export function costs({ result, cpu }: Loaded, members: number): Record<string, number> {
  const messages = result.delivered / members
  const isWhole = result.lost === 0 && result.disordered === 0
  return {
    messages: isWhole ? messages : Number.NaN,
    'ms a message': isWhole ? (cpu * 1_000) / messages : Number.NaN,
    'µs a delivery': isWhole ? (cpu * 1e6) / result.delivered : Number.NaN,
    'p50 ms': result.p50,
    'p99 ms': result.p99,
    lost: result.lost,
    disordered: result.disordered,
  }
}
