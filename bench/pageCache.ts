import { execFileSync, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'

/** More than this share of a file in memory, and it was not dropped. */
const DROPPED = 0.02

/** Lets the kernel drop what it keeps of a file in memory; false where it is still there, or cannot be looked at. */
export function dropPages(file: string): boolean {
  // GNU dd asks the kernel to drop the whole file where it is told to copy nothing.
  const dropping = ['oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']
  if (spawnSync('dd', [`of=${file}`, 'if=/dev/null', ...dropping]).status !== 0) return false
  return residentShare(file) <= DROPPED
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
