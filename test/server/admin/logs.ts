import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { logFile } from '../../../src/server/dataDirectory.ts'
import { checkLogFile } from '../../../src/server/log/sqlite/logFileReport.ts'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { temporaryDirectory } from '../directory.ts'
import { append } from '../log/logContract.ts'

/** Makes a log with messages in a directory, and closes it; the path of its file. */
export async function makeLog(directory: string, ...texts: readonly string[]): Promise<string> {
  const log = await open(directory)
  for (const text of texts) await append(log, { text })
  await log.close()
  return logFile(directory)
}

/** Makes a log as a killed daemon leaves it: its newest messages are in the write-ahead log alone. */
export async function makeKilledLog(directory: string, ...texts: readonly string[]): Promise<string> {
  const source = temporaryDirectory()
  const log = await open(source)
  for (const text of texts) await append(log, { text })
  for (const end of ['', '-wal']) copyFileSync(logFile(source) + end, logFile(directory) + end)
  await log.close()
  return logFile(directory)
}

/** The texts of a log in a directory, and its epoch; the log must be whole. */
export async function textsOf(directory: string): Promise<{ texts: readonly string[]; epoch: string }> {
  const log = await open(directory)
  const { events } = await log.read('dev', { after: 0, limit: 10_000, maxBytes: 1_000_000_000 })
  const { epoch } = log
  await log.close()
  const checked = checkLogFile(logFile(directory))
  if (!checked.ok || !checked.value.ok) throw new Error('the check found faults')
  return { epoch, texts: events.map(event => ('message' in event ? (event.message ?? '') : '')) }
}

async function open(directory: string) {
  const opened = await openSqliteLog(logFile(directory))
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

/** Everything in a directory that a command could change. */
export function snapshot(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(name => {
      const { mode, size, mtimeMs, ino, uid } = statSync(join(directory, name))
      const text = statSync(join(directory, name)).isFile()
        ? readFileSync(join(directory, name), 'base64')
        : ''
      return `${name} ${mode} ${size} ${mtimeMs} ${ino} ${uid} ${text}`
    })
}

/** A file system of its own of so many bytes, for one test; needs root. */
export function smallDisk(size: string): string {
  const directory = join(temporaryDirectory(), 'disk')
  mkdirSync(directory)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory])
  onTestFinished(() => {
    if (existsSync(directory)) execFileSync('umount', ['--lazy', directory])
  })
  return directory
}

export const isRoot = process.getuid?.() === 0
