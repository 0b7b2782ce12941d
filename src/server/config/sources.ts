import * as z from 'zod'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { CONFIG_KEYS, type Config, type ConfigKey, configSchema, configured } from './config.ts'
import { sentences } from './configFile.ts'

/** The names of our variables begin so. */
const PREFIX = 'CHATD_'
/** Variables that are no keys. */
const OTHERS: readonly string[] = [`${PREFIX}CONFIG`]

/** What was configured, by its source; a later source wins over an earlier one. */
export type Source = 'default' | 'file' | 'environment' | 'flag'

/** The configurations of the sources that have any. */
export interface Sources {
  readonly file?: Config | undefined
  readonly environment?: Config | undefined
  readonly flag?: Config | undefined
}

/** The variable of a key: `CHATD_LOG_LEVEL`, `CHATD_LIMIT_CONNECTIONS`. */
export function variableOf({ path }: ConfigKey): string {
  const words = path.join('-').replace(/^limits-/, 'limit-')
  return PREFIX + words.replaceAll('-', '_').toUpperCase()
}

/** What the variables of the environment configure. The error is sentences, one a line, each with its variable. */
export function configOfEnvironment(env: NodeJS.ProcessEnv): Result<Config, string> {
  const raw: Record<string, unknown> = {}
  const limits: Record<string, unknown> = {}
  for (const key of CONFIG_KEYS) {
    const text = env[variableOf(key)]
    if (text === undefined) continue
    const [first = '', second] = key.path
    if (second === undefined) raw[first] = written(key, text)
    else limits[second] = written(key, text)
  }
  const parsed = configSchema.safeParse(Object.keys(limits).length > 0 ? { ...raw, limits } : raw)
  if (parsed.success) return success(parsed.data)
  const problems = parsed.error.issues.flatMap(sentences).map(({ path, what }) => {
    const key = CONFIG_KEYS.find(one => one.path.join('.') === path.join('.'))
    return `${key === undefined ? 'the environment' : variableOf(key)}: ${what}`
  })
  return failure(problems.join('\n'))
}

/** Variables that look like ours and configure nothing: a key that is written wrongly. */
export function unknownVariables(env: NodeJS.ProcessEnv): readonly string[] {
  const known = new Set([...CONFIG_KEYS.map(variableOf), ...OTHERS])
  return Object.keys(env).filter(name => name.startsWith(PREFIX) && !known.has(name))
}

/** What a variable's text means for the schema of its key: a list has commas or blanks between its values. */
function written(key: ConfigKey, text: string): unknown {
  const schema = key.schema instanceof z.ZodOptional ? key.schema.unwrap() : key.schema
  const list = (): readonly string[] => text.split(/[\s,]+/).filter(part => part !== '')
  if (schema instanceof z.ZodArray) return list()
  if (schema instanceof z.ZodNumber) return /^\d{1,15}$/.test(text.trim()) ? Number(text) : text
  if (schema instanceof z.ZodBoolean) return text === 'true' || (text === 'false' ? false : text)
  if (schema instanceof z.ZodUnion) return text === 'true' || text === 'false' ? text === 'true' : list()
  return text
}

/** All sources as one configuration. A list replaces that of an earlier source. */
export function merged({ file, environment, flag }: Sources): Config {
  const limits = { ...file?.limits, ...environment?.limits, ...flag?.limits }
  return { ...file, ...environment, ...flag, ...(Object.keys(limits).length > 0 ? { limits } : {}) }
}

/** Where the value of a key comes from. */
export function sourceOf(key: ConfigKey, sources: Sources): Source {
  const order = ['flag', 'environment', 'file'] as const
  return order.find(source => configured(sources[source] ?? {}, key) !== undefined) ?? 'default'
}
