import { fstatSync, writeSync } from 'node:fs'
import { levels, type Logger as PinoLogger, pino, symbols } from 'pino'
import pretty from 'pino-pretty'
import type { LogLevel } from './settings.ts'

/** The daemon's structured log. At `info` and above it holds nothing that users wrote, names included. */
export type Logger = PinoLogger

const STDERR = 2

/** The priorities of the journal (syslog(3)) by the levels of the log. */
const PRIORITIES: Readonly<Record<string, number>> = {
  fatal: 2,
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
}

/** A logger on standard error: for people on a terminal, JSON lines otherwise, with their priority for the journal. */
export function createLogger(level: LogLevel, env: NodeJS.ProcessEnv = process.env): Logger {
  const options = { level, base: {}, formatters: { level: (label: string) => ({ level: label }) } }
  if (process.stderr.isTTY)
    return pino(
      options,
      pretty({ destination: STDERR, sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true }),
    )
  const lines = { ...options, timestamp: pino.stdTimeFunctions.isoTime }
  return isJournal(env)
    ? pino(lines, new JournalStream())
    : pino(lines, pino.destination({ fd: STDERR, sync: true }))
}

/** Whether standard error is the journal, which systemd tells by its device and inode (systemd.exec(5)). */
function isJournal({ JOURNAL_STREAM }: NodeJS.ProcessEnv): boolean {
  if (JOURNAL_STREAM === undefined) return false
  const { dev, ino } = fstatSync(STDERR)
  return JOURNAL_STREAM === `${dev}:${ino}`
}

/** Puts the priority before each line, as the journal reads it (sd-daemon(3)). */
class JournalStream {
  /** Pino sets this before each write. */
  lastLevel = 0
  readonly [symbols.needsMetadataGsym] = true

  write(line: string): void {
    const label = levels.labels[this.lastLevel] ?? 'info'
    writeSync(STDERR, `<${PRIORITIES[label] ?? PRIORITIES['info']}>${line}`)
  }
}
