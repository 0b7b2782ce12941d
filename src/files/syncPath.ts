import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Waits until a file, or the names in a directory, are on the disk. Throws the error of the operating system. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
