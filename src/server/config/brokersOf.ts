import { failure, type Result, success } from '../../protocol/errors.ts'
import { type Brokers, parseBrokers } from '../brokers.ts'
import type { Config } from './config.ts'

const TLS_KEYS = ['log-ca', 'log-cert', 'log-key'] as const
const KEYS = ['log-credentials', ...TLS_KEYS] as const

/** The brokers of a configuration, with what is needed to sign in there; undefined: the log is a daemon's own. The error is a sentence. */
export function brokersOf(config: Config): Result<Brokers | undefined, string> {
  const set = KEYS.find(key => config[key] !== undefined)
  if (config.log === undefined)
    return set === undefined ? success(undefined) : failure(`${set} needs log, the brokers that it is for`)
  const parsed = parseBrokers(config.log)
  if (!parsed.ok) return failure(`log: ${parsed.error}`)
  const tlsKey = TLS_KEYS.find(key => config[key] !== undefined)
  if (tlsKey !== undefined && parsed.value.isEncrypted !== true)
    return failure(`${tlsKey} is for brokers with TLS: write tls:// in the place of nats:// in log`)
  if (config['log-key'] !== undefined && config['log-cert'] === undefined)
    return failure('log-key needs log-cert, the file of its certificate')
  if (set === undefined) return parsed
  const certificate = config['log-cert']
  return success({
    ...parsed.value,
    access: {
      ca: config['log-ca'],
      certificate,
      key: config['log-key'] ?? certificate,
      credentials: config['log-credentials'],
    },
  })
}
