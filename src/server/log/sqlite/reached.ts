import type { Committed } from '../log.ts'
import type { Listeners } from './listeners.ts'

/** A daemon that can reach its brokers is behind for moments; one that cannot leaves a broker after 9.5 s. */
const WITHIN = 10_000

/** Resolves when something holds that commits bring about; false where it takes too long. */
export function reached(
  holds: () => boolean,
  commits: Pick<Listeners<readonly Committed[]>, 'add'>,
): Promise<boolean> {
  return new Promise(resolve => {
    const end = (hasCome: boolean): void => {
      clearTimeout(timer)
      off()
      resolve(hasCome)
    }
    const timer = setTimeout(() => end(false), WITHIN)
    const off = commits.add(() => {
      if (holds()) end(true)
    })
  })
}
