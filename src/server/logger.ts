import { fstatSync } from 'node:fs'
import { isatty } from 'node:tty'
import { levels, type Logger as PinoLogger, pino, symbols } from 'pino'
import { LogSink } from './logSink.ts'
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
export async function createLogger(level: LogLevel, env: NodeJS.ProcessEnv = process.env): Promise<Logger> {
  const options = { level, base: {}, formatters: { level: (label: string) => ({ level: label }) } }
  // Not `process.stderr`, whose first use would open another stream on the same socket.
  if (isatty(STDERR)) {
    // A service, whose log is not a terminal, does not wait for it to load.
    const { prettyFactory } = await import('pino-pretty')
    return pino(options, new LogStream(prettyFactory(PRETTY)))
  }
  const lines = { ...options, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(lines, new LogStream(isJournal(env) ? withPriority : line => line))
}

const PRETTY = { translateTime: 'SYS:HH:MM:ss', singleLine: true }

/** Whether standard error is the journal, which systemd tells by its device and inode (systemd.exec(5)). */
function isJournal({ JOURNAL_STREAM }: NodeJS.ProcessEnv): boolean {
  if (JOURNAL_STREAM === undefined) return false
  const { dev, ino } = fstatSync(STDERR)
  return JOURNAL_STREAM === `${dev}:${ino}`
}

/** Puts the priority before a line, as the journal reads it (sd-daemon(3)). */
function withPriority(line: string, level: number): string {
  return `<${PRIORITIES[levels.labels[level] ?? 'info'] ?? PRIORITIES['info']}>${line}`
}

/** Gives each line its form, and hands it to standard error. */
class LogStream {
  /** Pino sets this before each write. */
  lastLevel = 0
  readonly [symbols.needsMetadataGsym] = true
  readonly #form: (line: string, level: number) => string
  /** Opened at the first line: a silent log opens nothing. */
  #sink: LogSink | undefined

  constructor(form: (line: string, level: number) => string) {
    this.#form = form
  }

  write(line: string): void {
    this.#sink ??= new LogSink(lines => this.#form(lostLine(lines), levels.values['warn'] ?? 0))
    this.#sink.write(this.#form(line, this.lastLevel))
  }
}

function lostLine(lines: number): string {
  const time = new Date().toISOString()
  return `${JSON.stringify({ level: 'warn', time, lines, msg: 'lines of the log were lost: nothing took them' })}\n`
}
