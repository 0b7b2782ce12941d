import { failure, type Result, success } from '../../protocol/errors.ts'
import type { Settings } from '../settings.ts'
import { brokersOf } from './brokersOf.ts'
import { CONFIG_KEYS, type Config, type ConfigKey, configured } from './config.ts'
import { readConfigFile } from './configFile.ts'
import { type SettingsOptions, settingsOf } from './settingsOf.ts'
import { shownValue } from './showConfig.ts'
import { configOfEnvironment, merged, type Sources } from './sources.ts'

/** Where a configuration comes from. */
export interface ConfigurationOptions extends SettingsOptions {
  /** An absolute path; undefined: there is no file. */
  readonly file: string | undefined
  readonly environment: NodeJS.ProcessEnv
  readonly flags: Config
}

/** A key that a reload found changed; the values are as in the file, `default` where the key is not set. */
interface ChangedKey {
  readonly key: string
  readonly from: string
  readonly to: string
}

/** What a reload did. */
export interface ReloadReport {
  readonly applied: readonly ChangedKey[]
  /** These change with the next start. */
  readonly waiting: readonly ChangedKey[]
}

/** Reads all sources together. The error is sentences, one a line. */
export function readSources({
  file,
  environment,
  flags,
}: Pick<ConfigurationOptions, 'file' | 'environment' | 'flags'>): Result<Sources, string> {
  const fromFile = file === undefined ? success(undefined) : readConfigFile(file)
  if (!fromFile.ok) return fromFile
  const fromEnvironment = configOfEnvironment(environment)
  if (!fromEnvironment.ok) return fromEnvironment
  const sources = { file: fromFile.value, environment: fromEnvironment.value, flag: flags }
  const all = merged(sources)
  if (all['tls-key'] !== undefined && all['tls-cert'] === undefined)
    return failure('tls-key needs tls-cert, the file of its certificate')
  const brokers = brokersOf(all)
  return brokers.ok ? success(sources) : brokers
}

/** The configuration of a running daemon. */
export class Configuration {
  readonly #options: ConfigurationOptions
  readonly #settings: Settings
  #config: Config

  private constructor(options: ConfigurationOptions, config: Config) {
    this.#options = options
    this.#config = config
    this.#settings = settingsOf(config, options)
  }

  /** Reads it for a start. The error is sentences, one a line. */
  static load(options: ConfigurationOptions): Result<Configuration, string> {
    const sources = readSources(options)
    return sources.ok ? success(new Configuration(options, merged(sources.value))) : sources
  }

  /** What holds now. */
  get config(): Config {
    return this.#config
  }

  /** The settings that hold now: always the same object, whose values a reload changes. */
  get settings(): Settings {
    return this.#settings
  }

  /**
   * Reads the file again and applies what can change while chatd runs: all of it, or, where anything in the file is wrong, nothing.
   * The error is sentences, one a line.
   */
  reload(): Result<ReloadReport, string> {
    const sources = readSources(this.#options)
    if (!sources.ok) return sources
    const next = merged(sources.value)
    const changed = CONFIG_KEYS.filter(key => shownValue(next, key) !== shownValue(this.#config, key))
    const report = {
      applied: changed.filter(({ reloads }) => reloads).map(key => changeOf(key, this.#config, next)),
      waiting: changed.filter(({ reloads }) => !reloads).map(key => changeOf(key, this.#config, next)),
    }
    const kept = Object.fromEntries(
      CONFIG_KEYS.filter(({ reloads, path }) => !reloads && path.length === 1).map(key => [
        key.name,
        configured(this.#config, key),
      ]),
    )
    this.#config = { ...next, ...kept } as Config
    Object.assign(this.#settings, settingsOf(this.#config, this.#options))
    return success(report)
  }
}

function changeOf(key: ConfigKey, before: Config, after: Config): ChangedKey {
  const shown = (config: Config): string => shownValue(config, key) ?? 'default'
  return { key: key.name, from: shown(before), to: shown(after) }
}
