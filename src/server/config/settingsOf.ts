import { DEFAULT_LIMITS, type Limits } from '../../protocol/serverLimits.ts'
import {
  type AddressRange,
  DEFAULT_SETTINGS,
  LIMIT_KEYS,
  liftLimits,
  limitName,
  type Settings,
} from '../settings.ts'
import { CONTRACT_NAMES, type Config } from './config.ts'

const ANYWHERE: readonly AddressRange[] = [
  { network: '0.0.0.0', prefix: 0 },
  { network: '::', prefix: 0 },
]

/** What a configuration is beside itself. */
export interface SettingsOptions {
  /** `--no-limits`. */
  readonly isLifted: boolean
  /** How many connections the process can have open. */
  readonly fitting: number
}

/** The settings of a daemon with this configuration. */
export function settingsOf(config: Config, { isLifted, fitting }: SettingsOptions): Settings {
  const { limits: given = {} } = config
  const lifted = isLifted ? liftLimits(DEFAULT_SETTINGS) : DEFAULT_SETTINGS
  const set = LIMIT_KEYS.flatMap(key => {
    const value = given[limitName(key)]
    return value === undefined ? [] : [[key, value] as const]
  })
  const idle = config['exit-when-idle']
  const settings: Settings = {
    ...lifted,
    limits: contractOf(given),
    exitWhenIdle: idle === undefined ? undefined : idle * 1_000,
    socketMode: config['socket-mode'] ?? DEFAULT_SETTINGS.socketMode,
    plaintextFrom: plaintextFrom(config),
    proxies: config['proxy-from'] ?? [],
    sharedAddresses: config['shared-address'] ?? [],
    ...Object.fromEntries(set),
  }
  return { ...settings, connections: Math.min(settings.connections, fitting) }
}

function contractOf(given: Readonly<Record<string, number | undefined>>): Limits {
  const set = CONTRACT_NAMES.flatMap(([key, name]) => {
    const value = given[name]
    return value === undefined ? [] : [[key, value] as const]
  })
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(set) }
}

/** Which other machines may connect without TLS. */
function plaintextFrom(config: Config): readonly AddressRange[] {
  const allowed = config['allow-plaintext'] ?? false
  if (typeof allowed !== 'boolean') return allowed
  return allowed ? ANYWHERE : []
}
