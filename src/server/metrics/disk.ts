import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { logFile } from '../dataDirectory.ts'

/** Files of the log, by the ends of their names. */
const LOG_FILES = ['', '-wal', '-shm'] as const
/** What `chatd backup` names its files in the directory of backups. */
const BACKUP = /^chatd-.*\.db$/

/** The disk of a data directory. */
export interface Disk {
  /** Bytes of the files of the log, by their names. */
  readonly log: Readonly<Record<string, number>>
  /** Bytes that chatd can still use; undefined where the system does not tell. */
  readonly free: number | undefined
  /** When the newest backup was made, seconds since 1970; undefined: there is none. */
  readonly lastBackup: number | undefined
}

/** Looks at the disk of a data directory. */
export async function readDisk(directory: string): Promise<Disk> {
  const [sizes, free, lastBackup] = await Promise.all([
    Promise.all(LOG_FILES.map(end => sizeOf(`${logFile(directory)}${end}`))),
    freeBytes(directory),
    newestBackup(directory),
  ])
  const log = Object.fromEntries(LOG_FILES.map((end, n) => [`chatd.db${end}`, sizes[n] ?? 0]))
  return { log, free, lastBackup }
}

/** When the newest backup in the directory `backups` was made, seconds since 1970; undefined: there is none to be seen. */
async function newestBackup(directory: string): Promise<number | undefined> {
  const backups = join(directory, 'backups')
  try {
    const names = (await readdir(backups)).filter(name => BACKUP.test(name))
    const times = await Promise.all(names.map(async name => (await stat(join(backups, name))).mtimeMs))
    return times.length === 0 ? undefined : Math.max(...times) / 1_000
  } catch {
    return undefined
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    return 0
  }
}

async function freeBytes(directory: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(directory)
    return bavail * bsize
  } catch {
    return undefined
  }
}
