import { writeSync } from 'node:fs'
import { resolve } from 'node:path'

const STDERR = 2
/** The exit code of a program that could not do its work. */
export const EXIT_FAILED = 1
/** The exit code for a wrong command line or configuration; systemd does not start chatd again then. */
export const EXIT_USAGE = 2

/** An absolute path. Ends the process where the current directory, which a relative one needs, is gone. */
export function absolute(path: string): string {
  try {
    return resolve(path)
  } catch {
    fail(EXIT_FAILED, `the current directory is gone, so ${path} is no place; give it as an absolute path`)
  }
}

/** Ends the process with sentences on standard error, one a line. */
export function fail(code: number, message: string): never {
  exit(code, message.replaceAll(/^/gm, 'chatd: '))
}

/** Ends the process with lines on standard error. */
export function exit(code: number, lines: string): never {
  try {
    writeSync(STDERR, `${lines}\n`)
  } catch {
    // The exit code tells it too.
  }
  process.exit(code)
}
