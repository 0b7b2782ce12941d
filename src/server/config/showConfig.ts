import { showAddress } from '../address.ts'
import type { ListenAddress } from '../settings.ts'
import { CONFIG_KEYS, type Config, type ConfigKey, configured } from './config.ts'
import { merged, type Source, type Sources, sourceOf, variableOf } from './sources.ts'

const WIDTH = 76
const FILE_HEAD = `The configuration of chatd, in TOML: see chatd.conf(5). Flags win over variables of the environment, which win over this file.
Try a change before it is used: chatd config check. Use it: systemctl reload chatd, which says what needs a restart.
Each line here that is commented out shows what holds without it.`

/** The commented file of the package, made from the keys. */
export function defaultConfigFile(): string {
  const lines = FILE_HEAD.split('\n').flatMap(line => commented(line))
  let table: string | undefined
  for (const key of CONFIG_KEYS) {
    const [first = '', second] = key.path
    if (second !== undefined && table !== first) {
      table = first
      lines.push(
        '',
        '# Bounds of what one client, address or name may do. docs/operating.md says what happens at each.',
        `[${first}]`,
      )
    }
    const restart = key.reloads ? '' : ' Needs a restart.'
    lines.push(...(second === undefined ? [''] : []), ...commented(`${upperFirst(key.help)}.${restart}`))
    lines.push(`#${second ?? first} = ${key.byDefault ?? EXAMPLES[key.name] ?? '""'}`)
  }
  return `${lines.join('\n')}\n`
}

/** Keys without a default show a value that they could have. */
const EXAMPLES: Readonly<Record<string, string>> = {
  data: '"/var/lib/chatd"',
  log: '"tls://10.0.0.1,10.0.0.2,10.0.0.3"',
  'log-credentials': '"/etc/chatd/broker.login"',
  'log-ca': '"/etc/chatd/broker-ca.pem"',
  'log-cert': '"/etc/chatd/broker-cert.pem"',
  'log-key': '"/etc/chatd/broker-key.pem"',
  advertise: '["chat1.example.org:9011"]',
  'backup-directory': '"/var/backups/chatd"',
  'control-group': '"0"',
  name: '["chat.example.org"]',
  'tls-cert': '"/etc/chatd/fullchain.pem"',
  'tls-key': '"/etc/chatd/privkey.pem"',
  'exit-when-idle': '60',
  metrics: '"127.0.0.1:9100"',
}

/** One key as it holds. */
export interface ShownKey {
  readonly key: string
  /** As in the file; undefined: nothing is set. */
  readonly value: string | undefined
  readonly source: Source
  readonly variable: string
}

/** All keys with the values that hold, and where these come from. */
export function shownKeys(sources: Sources): readonly ShownKey[] {
  const config = merged(sources)
  return CONFIG_KEYS.map(key => ({
    key: key.name,
    value: shownValue(config, key) ?? key.byDefault,
    source: sourceOf(key, sources),
    variable: variableOf(key),
  }))
}

/** The value of a key as the file has it; undefined where the configuration has none. */
export function shownValue(config: Config, key: ConfigKey): string | undefined {
  const value = configured(config, key)
  return value === undefined ? undefined : toml(key, value)
}

function toml(key: ConfigKey, value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(one => toml(key, one)).join(', ')}]`
  if (key.name === 'socket-mode' && typeof value === 'number') return JSON.stringify(value.toString(8))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if ('network' in value && 'prefix' in value)
    return JSON.stringify(`${String(value.network)}/${String(value.prefix)}`)
  return JSON.stringify(showAddress(value as ListenAddress))
}

function commented(text: string): string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line !== '#') {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line]
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
