import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, statSync } from 'node:fs'

/** More than this share of a file in memory, and it was not dropped. */
const DROPPED = 0.02
/** Bytes that are read at once. */
const READ_AT_ONCE = 1024 * 1024

/** Lets the kernel drop what it keeps of a file in memory; false where it is still there, or cannot be looked at. */
export function dropPages(file: string): boolean {
  // GNU dd asks the kernel to drop the whole file where it is told to copy nothing.
  const dropping = ['oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']
  if (spawnSync('dd', [`of=${file}`, 'if=/dev/null', ...dropping]).status !== 0) return false
  return residentShare(file) <= DROPPED
}

/** Has the kernel keep a file in memory, as far as there is room. */
export async function loadPages(file: string): Promise<void> {
  const reading = createReadStream(file, { highWaterMark: READ_AT_ONCE })
  reading.resume()
  await once(reading, 'end')
}

/** The share of a file that is in the kernel's memory; NaN where it cannot be told. */
export function residentShare(file: string): number {
  try {
    const args = ['--bytes', '--noheadings', '--output', 'RES', file]
    return (
      Number(execFileSync('fincore', args, { stdio: ['ignore', 'pipe', 'ignore'] })) / statSync(file).size
    )
  } catch {
    return Number.NaN
  }
}
