/** The flags that configure a daemon: each is a key of the configuration, with the same name and the same values. */

import { type Command, InvalidArgumentError, Option } from 'commander'
import * as z from 'zod'
import { CONFIG_KEYS, type Config, configSchema } from './config/config.ts'
import { absolute } from './exits.ts'

/** A key as a flag, where that is not `--key <value>`. `variadic` takes several values, `repeated` may come several times. */
const SPELLINGS: Readonly<Record<string, string>> = {
  listen: '-l, --listen <host:port>',
  log: '--log <brokers>',
  'log-credentials': '--log-credentials <file>',
  'log-ca': '--log-ca <file>',
  'log-cert': '--log-cert <file>',
  'log-key': '--log-key <file>',
  advertise: '--advertise <host:port>',
  'backup-directory': '--backup-directory <dir>',
  'log-level': '--log-level <level>',
  'socket-mode': '--socket-mode <mode>',
  'control-group': '--control-group <group>',
  name: '--name <host>',
  'tls-cert': '--tls-cert <file>',
  'tls-key': '--tls-key <file>',
  'allow-plaintext': '--allow-plaintext [cidr...]',
  'proxy-from': '--proxy-from <cidr...>',
  'shared-address': '--shared-address <cidr...>',
  metrics: '--metrics <address>',
  'exit-when-idle': '--exit-when-idle <seconds>',
}
/** Flags with a value for each time that they are written. */
const REPEATED: readonly string[] = ['listen', 'name', 'advertise']
/** Flags without a value: `--log-names`, `--no-log-names`. */
const CHOICES: readonly string[] = ['log-names', 'log-addresses']
/** A relative path is one in the current directory, which only a command line has. */
const PATHS: readonly string[] = ['data', 'backup-directory', 'tls-cert', 'tls-key']
/** The same, which commands take too. */
const BROKER_FILES: readonly string[] = ['log-credentials', 'log-ca', 'log-cert', 'log-key']
/** Not parsed here. A wrong `--log` may hold a password, which commander would show: the check of the whole configuration does not. */
const UNPARSED: readonly string[] = [...PATHS, 'log']
const LIMIT_KEYS = CONFIG_KEYS.filter(({ path }) => path.length === 2)

/** Adds the flags of the configuration to a command; `--data` is not among them, since every command has it. */
export function addConfigFlags(program: Command): void {
  for (const { name, help, byDefault, path, schema } of CONFIG_KEYS) {
    const spelling = SPELLINGS[name]
    if (path.length > 1 || spelling === undefined) continue
    const several = REPEATED.includes(name) ? '; may be given several times' : ''
    const shown =
      byDefault === undefined || byDefault === 'false' || byDefault === '[]' ? '' : ` (default: ${byDefault})`
    const choices = choicesOf(schema)
    const option = new Option(spelling, help + several + shown)
    if (choices !== undefined) program.addOption(option.choices(choices))
    else if (BROKER_FILES.includes(name)) program.addOption(option.argParser(absolute))
    else program.addOption(UNPARSED.includes(name) ? option : option.argParser(parserOf(name)))
  }
  for (const { name, help, byDefault } of CONFIG_KEYS.filter(({ name }) => CHOICES.includes(name)))
    program
      .addOption(new Option(`--${name}`, `${help} (default: ${byDefault})`))
      .addOption(new Option(`--no-${name}`, `the contrary of --${name}`))
  program.addOption(
    new Option(
      '--limit <name=number>',
      'sets a limit; several times for several: see docs/operating.md',
    ).argParser((text, before: Readonly<Record<string, number>> = {}) => ({ ...before, ...limit(text) })),
  )
}

/** What the flags configure, of all that commander found. */
export function configOfFlags(found: Readonly<Record<string, unknown>>): Config {
  const entries = Object.keys(configSchema.shape).flatMap(name => {
    const value = found[attributeOf(name)]
    return name === 'limits' || PATHS.includes(name) || value === undefined ? [] : [[name, value] as const]
  })
  const limits = found['limit']
  return { ...Object.fromEntries(entries), ...(limits === undefined ? {} : { limits }) } as Config
}

/** The values of a key that has only some. */
function choicesOf(schema: z.ZodType): readonly string[] | undefined {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema
  return inner instanceof z.ZodEnum ? inner.options.map(String) : undefined
}

/** How commander calls a flag: `logLevel`. */
const attributeOf = (name: string): string =>
  name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Parses one more value of a flag, by the schema of its key. */
function parserOf(name: string): (text: string, before: unknown) => unknown {
  const { schema } = CONFIG_KEYS.find(key => key.name === name) ?? {}
  if (schema === undefined) throw new Error(`there is no key ${name}`)
  return (text, before) => {
    const isList = schema.safeParse([]).success || REPEATED.includes(name)
    const raw = isList ? [text] : name === 'exit-when-idle' ? numberOf(text) : text
    const parsed = schema.safeParse(raw)
    if (!parsed.success) throw new InvalidArgumentError(messageOf(parsed.error, text))
    return isList && Array.isArray(before) ? [...before, ...(parsed.data as unknown[])] : parsed.data
  }
}

/** Not for an empty text, which JavaScript takes for 0. */
const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))

function messageOf(error: z.ZodError, text: string): string {
  const [issue] = error.issues
  return issue?.message.replace('It is no', `"${text}" is no`) ?? ''
}

/** Parses `rooms-of-guest=10`. */
function limit(text: string): Readonly<Record<string, number>> {
  const [, name = '', number] = /^([a-z-]+)=(\d{1,9})$/.exec(text) ?? []
  const key = LIMIT_KEYS.find(({ path }) => path[1] === name)
  if (key === undefined) {
    const names = LIMIT_KEYS.map(({ path }) => path[1]).join(', ')
    throw new InvalidArgumentError(`Write one of these with = and a number: ${names}`)
  }
  if (Number(number) === 0) throw new InvalidArgumentError('A limit is at least 1')
  const parsed = key.schema.safeParse(Number(number))
  if (!parsed.success) throw new InvalidArgumentError(messageOf(parsed.error, text))
  return { [name]: Number(number) }
}
