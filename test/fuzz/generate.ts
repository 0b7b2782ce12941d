/** A JSON Schema as zod writes it, of the kinds that the protocol uses. */
export interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly minimum?: number
}

/** Numbers from 0 up to 1; see `seeded`. */
export type Random = () => number

/** One of some values. */
export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)]
  if (value === undefined) throw new Error('nothing to pick from')
  return value
}

/** Texts that have done harm to programs of this kind. */
const NASTY: readonly string[] = [
  '',
  ' ',
  '\0',
  '\u001b]52;c;RlVaWg==\u0007',
  '\u001b[2J\u001b[HFUZZ',
  '\u001bcFUZZ',
  '\u001bP1$rFUZZ\u001b\\',
  '\u009b31mFUZZ',
  '\u202eFUZZ',
  '__proto__',
  'constructor',
  '../../../tmp/FUZZ',
  '..',
  '/',
  '@',
  '@@alice',
  '#dev',
  '\ud800',
  '\u200b',
  '\u3164',
  'a\u0300'.repeat(200),
  '👩‍👩‍👧‍👦'.repeat(50),
  'ﷺ'.repeat(300),
  '\n\n\r\n\t',
  'x'.repeat(70_000),
  '"'.repeat(2_000),
  '\u0001'.repeat(3_000),
  '%s%n%x',
  "'; DROP TABLE events; --",
  '*'.repeat(5_000),
  `${'('.repeat(3_000)}`,
  '😀',
  'chatd',
  'operator',
  'NaN',
]

const NUMBERS: readonly number[] = [0, 1, 2, 3, -1, 0.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e308, -0, 200, 201]

/** Makes values by schemas: mostly those that mean something, from what was seen, and some nasty ones. */
export class Generator {
  readonly #random: Random
  readonly #known: Map<string, unknown[]>
  /** What references lead to. */
  readonly #definitions = new Map<string, Schema>()

  /** @param known values by the name of their field */
  constructor(random: Random, known: Readonly<Record<string, readonly unknown[]>>) {
    this.#random = random
    this.#known = new Map(Object.entries(known).map(([name, values]) => [name, [...values]]))
  }

  /** Remembers a value that may mean something in a field of this name. */
  learn(field: string, value: unknown): void {
    const values = this.#known.get(field) ?? []
    if (values.length >= 200) values.splice(Math.floor(this.#random() * values.length), 1)
    values.push(value)
    this.#known.set(field, values)
  }

  /** A value of a schema. @param field the name of the field that it is for */
  make(schema: Schema, field = ''): unknown {
    const random = this.#random
    for (const [name, definition] of Object.entries(schema.$defs ?? {}))
      this.#definitions.set(name, definition)
    if (schema.$ref !== undefined) {
      const found = this.#definitions.get(schema.$ref.replace(/^#\/\$defs\//, ''))
      if (found === undefined) throw new Error(`no definition of ${schema.$ref}`)
      return this.make(found, field)
    }
    if (schema.const !== undefined) return schema.const
    if (schema.enum !== undefined) return pick(random, schema.enum)
    const some = schema.anyOf ?? schema.oneOf
    if (some !== undefined) return this.make(pick(random, some), field)
    const known = this.#known.get(field)
    if (known !== undefined && known.length > 0 && random() < 0.85) return pick(random, known)
    switch (schema.type) {
      case 'object':
        return this.#object(schema)
      case 'array':
        return Array.from({ length: Math.floor(random() * 4) }, () => this.make(schema.items ?? {}, field))
      case 'integer':
      case 'number':
        return random() < 0.7 ? (schema.minimum ?? 0) + Math.floor(random() * 50) : pick(random, NUMBERS)
      case 'boolean':
        return random() < 0.5
      case 'string':
        return this.text()
      default:
        return this.nasty()
    }
  }

  /** A text: words, or a nasty one. */
  text(): string {
    const random = this.#random
    if (random() < 0.25) return pick(random, NASTY)
    const words = [
      'hello',
      'FUZZ',
      '@alice',
      'build',
      'https://example.org/x',
      '`code`',
      'данные',
      '日本語',
      ':tada:',
    ]
    return Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(random, words)).join(' ')
  }

  /** A value of any kind. */
  nasty(): unknown {
    const random = this.#random
    return pick<() => unknown>(random, [
      () => null,
      () => pick(random, NUMBERS),
      () => pick(random, NASTY),
      () => [],
      () => ({}),
      () => true,
      () => nested(1 + Math.floor(random() * 2_000)),
      () => Array.from({ length: 300 }, () => pick(random, NASTY.slice(0, 8))),
      () =>
        Object.fromEntries([
          ['__proto__', { polluted: true }],
          ...Array.from({ length: 50 }, (_, n) => [`k${n}`, n]),
        ]),
    ])()
  }

  #object({ properties = {}, required = [], additionalProperties }: Schema): Record<string, unknown> {
    const made: Record<string, unknown> = {}
    for (const [name, schema] of Object.entries(properties))
      if (required.includes(name) || this.#random() < 0.4) made[name] = this.make(schema, name)
    if (typeof additionalProperties === 'object')
      for (let n = 0; n < 3; n++) made[this.text()] = this.make(additionalProperties)
    return made
  }
}

function nested(depth: number): unknown {
  let value: unknown = 'deep'
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value }
  return value
}
