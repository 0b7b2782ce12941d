import { type Logger as PinoLogger, pino } from 'pino'
import pretty from 'pino-pretty'
import type { LogLevel } from './settings.ts'

/** The daemon's structured log. At `info` and above it holds nothing that users wrote, names included. */
export type Logger = PinoLogger

/** A logger on standard error: for people on a terminal, JSON lines otherwise. */
export function createLogger(level: LogLevel): Logger {
  const options = { level, base: {}, formatters: { level: (label: string) => ({ level: label }) } }
  if (!process.stderr.isTTY) {
    return pino(
      { ...options, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ fd: 2, sync: true }),
    )
  }
  return pino(
    options,
    pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true }),
  )
}
