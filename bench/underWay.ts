import type { Refusal, Result } from '../src/protocol/errors.ts'
import type { EventEntry } from '../src/server/log/entries.ts'

/** Hears what became of an entry. */
export type Stored = (stored: Result<unknown, Pick<Refusal, 'message'>>) => void

/** A log as it is appended to. */
export interface Appending {
  append(entry: EventEntry, stored: Stored): void
}

/**
 * Does something again and again for some seconds, with so many of it under way at a time. How long it took, s.
 * @param work gets which of them it is, from 0
 */
export async function keepUnderWay(
  places: number,
  seconds: number,
  work: (place: number) => Promise<unknown>,
): Promise<number> {
  const began = performance.now()
  const until = began + seconds * 1_000
  await Promise.all(
    Array.from({ length: places }, async (_, place) => {
      while (performance.now() < until) await work(place)
    }),
  )
  return (performance.now() - began) / 1_000
}

/** Appends an entry; the time until it is stored, ms. Rejects where it is refused. */
export function timedAppend(log: Appending, entry: EventEntry): Promise<number> {
  const began = performance.now()
  return new Promise((resolve, reject) =>
    log.append(entry, stored => {
      if (stored.ok) resolve(performance.now() - began)
      else reject(new Error(stored.error.message))
    }),
  )
}
