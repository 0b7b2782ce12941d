import { stat, statfs } from 'node:fs/promises'
import { lastBackup } from '../admin/backupDirectory.ts'
import { logFile } from '../dataDirectory.ts'

/** Files of the log, by the ends of their names. */
const LOG_FILES = ['', '-wal', '-shm'] as const

/** The disk of a data directory. */
export interface Disk {
  /** Bytes of the files of the log, by their names. */
  readonly log: Readonly<Record<string, number>>
  /** Bytes that chatd can still use; undefined where the system does not tell. */
  readonly free: number | undefined
  /** When the newest backup was made, seconds since 1970; undefined: there is none. */
  readonly lastBackup: number | undefined
}

/** Looks at the disk of a data directory, and at the directory of its backups. */
export async function readDisk(directory: string, backups: string): Promise<Disk> {
  const [sizes, free] = await Promise.all([
    Promise.all(LOG_FILES.map(end => sizeOf(`${logFile(directory)}${end}`))),
    freeBytes(directory),
  ])
  const log = Object.fromEntries(LOG_FILES.map((end, n) => [`chatd.db${end}`, sizes[n] ?? 0]))
  const backup = lastBackup(backups)
  return { log, free, lastBackup: backup === undefined ? undefined : backup / 1_000 }
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
