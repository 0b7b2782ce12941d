import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Result, success } from '../../protocol/errors.ts'
import { CONFIG_FILE, namedConfigFile } from '../config/configFile.ts'
import { readSources } from '../config/configuration.ts'
import { merged } from '../config/sources.ts'
import { backupDirectory, SERVICE_DIRECTORY } from '../dataDirectory.ts'

/** What says where backups go. */
export interface TargetOptions {
  /** `--config`. */
  readonly config: string | undefined
  readonly environment?: NodeJS.ProcessEnv
  /** The file of the package. */
  readonly packaged?: string
}

/**
 * Where backups of a data directory go unless a command names a directory: as configured, or `backups` in it. Without a named file
 * that of the package counts, for the directory of its service alone. The error is sentences, one a line.
 */
export function configuredBackups(
  data: string,
  { config, environment = process.env, packaged = CONFIG_FILE }: TargetOptions,
): Result<string, string> {
  const isPackaged = resolve(data) === SERVICE_DIRECTORY && existsSync(packaged)
  const file = namedConfigFile(config) ?? (isPackaged ? packaged : undefined)
  const sources = readSources({ file, environment, flags: {} })
  if (!sources.ok) return sources
  return success(merged(sources.value)['backup-directory'] ?? backupDirectory(data))
}
