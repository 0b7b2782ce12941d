import { type Generator, pick, type Random } from './generate.ts'

/** What was done to a frame; for the counts. */
export type Kind = 'valid' | 'changed' | 'damaged' | 'garbage'

/** Counts of frames of each kind, at nothing. */
export function noFrames(): Record<Kind, number> {
  return { valid: 0, changed: 0, damaged: 0, garbage: 0 }
}

/** The bytes of a frame, with its newline: most frames are as they should be, others are changed in a field, or damaged. */
export function bytesOf(
  frame: Record<string, unknown>,
  random: Random,
  generator: Generator,
): { readonly kind: Kind; readonly bytes: Buffer } {
  const chance = random()
  if (chance < 0.65) return { kind: 'valid', bytes: line(JSON.stringify(frame)) }
  if (chance < 0.85)
    return { kind: 'changed', bytes: line(JSON.stringify(changed(frame, random, generator))) }
  if (chance < 0.95) return { kind: 'damaged', bytes: damaged(line(JSON.stringify(frame)), random) }
  return { kind: 'garbage', bytes: garbage(random) }
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\n`)
}

function changed(
  frame: Record<string, unknown>,
  random: Random,
  generator: Generator,
): Record<string, unknown> {
  const fields = Object.keys(frame)
  const field = pick(random, fields)
  switch (Math.floor(random() * 4)) {
    case 0: {
      const { [field]: _, ...others } = frame
      return others
    }
    case 1:
      return { ...frame, [field]: generator.nasty() }
    case 2:
      return { ...frame, [generator.text()]: generator.nasty() }
    default:
      return {
        ...frame,
        action: pick(random, ['connect', 'ok', 'welcome', 'bye', 'toString', 'chat', 'CHAT', '']),
      }
  }
}

/** Bytes that were cut, doubled, turned over or put in between. */
function damaged(bytes: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * bytes.length)
  switch (Math.floor(random() * 6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes])
    case 2: {
      const turned = Buffer.from(bytes)
      turned[at] = (turned[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      return turned
    }
    case 3:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xc0, 0x80]), bytes.subarray(at)])
    case 4:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from('\r\n'), bytes.subarray(at)])
    default:
      return Buffer.concat([Buffer.from('\ufeff'), bytes])
  }
}

const OTHER_PROTOCOLS: readonly string[] = [
  'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n',
  '\r\n\r\n\0\r\nQUIT\n\u0021\u0011',
  'EHLO fuzz\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
  'NICK fuzz\r\nUSER fuzz 0 * :fuzz\r\n',
]

function garbage(random: Random): Buffer {
  const chance = random()
  if (chance < 0.3) return Buffer.from(pick(random, OTHER_PROTOCOLS))
  if (chance < 0.5) return Buffer.from('\n'.repeat(1 + Math.floor(random() * 2_000)))
  if (chance < 0.6) return Buffer.alloc(1 + Math.floor(random() * 100_000), 'x')
  const bytes = Buffer.alloc(1 + Math.floor(random() * 2_000))
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(random() * 256)
  return bytes
}
