import { CONFIG_KEYS, type ConfigKey } from '../src/server/config/config.ts'
import { defaultConfigFile } from '../src/server/config/showConfig.ts'

/** A key of the configuration, as its documents need it. */
export type ConfigurationKey = Pick<ConfigKey, 'name' | 'help' | 'byDefault' | 'reloads'>

/** The file that the package installs as /etc/chatd/chatd.conf. */
export const configurationFile = defaultConfigFile

/** The keys for chatd.conf(5), in the order of the file. */
export function configurationKeys(): readonly ConfigurationKey[] {
  return CONFIG_KEYS.map(key => ({
    ...key,
    help: `${key.help.charAt(0).toUpperCase()}${key.help.slice(1)}.`,
  }))
}
