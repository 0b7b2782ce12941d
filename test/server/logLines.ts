import { pino } from 'pino'
import type { Logger } from '../../src/server/logger.ts'

/** A line of a log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string }

/** A logger whose lines a test reads. */
export function keepLines(level = 'info'): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const logger = pino(
    { level, base: {}, formatters: { level: label => ({ level: label }) } },
    { write: (line: string) => lines.push(JSON.parse(line) as LogLine) },
  )
  return { logger, lines }
}
