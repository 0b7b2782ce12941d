import { MAX_RESPONSE_BYTES } from '../../protocol/limits.ts'

/** The bytes that the events of an answer may take in its line; the rest is for the fields around them. */
export const ANSWER_BYTES = MAX_RESPONSE_BYTES - 4 * 1024

/** The bytes of a frame in a line that lists several. */
export function frameBytes(frame: unknown): number {
  return Buffer.byteLength(JSON.stringify(frame)) + 1
}

/** As many of the frames as fit in one line, dropped from one end. Escapes can make a frame longer than the log estimates. */
export function cutToBytes<Frame>(frames: readonly Frame[], dropFrom: 'start' | 'end'): Frame[] {
  const kept: Frame[] = []
  let bytes = 0
  for (const frame of dropFrom === 'end' ? frames : frames.toReversed()) {
    bytes += frameBytes(frame)
    if (bytes > ANSWER_BYTES && kept.length > 0) break
    kept.push(frame)
  }
  return dropFrom === 'end' ? kept : kept.reverse()
}
