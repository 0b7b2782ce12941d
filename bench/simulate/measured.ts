import type { Row } from '../figures.ts'
import type { Costs } from './costs.ts'
import { simulateSharedLog } from './sharedLog.ts'

/** One daemon that writes and one that follows, on three brokers: entries a second and times in ms, as measured. */
interface Measured {
  readonly inFlight: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly elsewhereP50: number
  readonly elsewhereP99: number
}

/** The points that the simulation is checked against; docs/scale.md says where they are from. */
export const POINTS: readonly Measured[] = [
  { inFlight: 1, perSecond: 311, p50: 2.8, p99: 12, elsewhereP50: 3.1, elsewhereP99: 13 },
  { inFlight: 32, perSecond: 4_773, p50: 5, p99: 24, elsewhereP50: 6, elsewhereP99: 39 },
  { inFlight: 512, perSecond: 14_643, p50: 36, p99: 72, elsewhereP50: 42, elsewhereP99: 73 },
]

/** For each point what was measured and what the simulation gives. */
export function besideMeasured(costs: Costs, seconds = 20): Row[] {
  return POINTS.map(point => {
    const simulated = simulateSharedLog(
      { writers: 1, followers: 1, inFlight: point.inFlight, seconds },
      costs,
    )
    return {
      what: `${point.inFlight} in flight`,
      figures: {
        'entries/s measured': point.perSecond,
        simulated: simulated.perSecond,
        'p50 ms measured': point.p50,
        'p50 simulated': simulated.p50 * 1e3,
        'p99 ms measured': point.p99,
        'p99 simulated': simulated.p99 * 1e3,
        'the other daemon, p50 ms measured': point.elsewhereP50,
        'other simulated': simulated.elsewhereP50 * 1e3,
      },
    }
  })
}
