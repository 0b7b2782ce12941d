/** The little of DER (ITU-T X.690) that a certificate needs: each function gives one encoded value. */

/** A value with its tag and its length. */
export function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

/** SEQUENCE. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...parts)
}

/** SET of one element, which needs no sorting. */
export function set(element: Uint8Array): Buffer {
  return tagged(0x31, element)
}

/** INTEGER, from a positive number in big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  // A first bit of 1 would make it negative.
  return tagged(0x02, Buffer.from(((bytes[0] ?? 0) & 0x80) === 0 ? [] : [0]), bytes)
}

/** OBJECT IDENTIFIER, from its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]))
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text))
}

/** OCTET STRING. */
export function octets(bytes: Uint8Array): Buffer {
  return tagged(0x04, bytes)
}

/** BIT STRING. @param unused how many of the last bits do not count */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), bytes)
}

/** TRUE. */
export const TRUE = Buffer.from([0x01, 0x01, 0xff])

/** The time of a certificate: UTCTime to the end of 2049, GeneralizedTime after it (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2)))
    : tagged(0x18, Buffer.from(digits))
}

function lengthOf(count: number): Buffer {
  if (count < 0x80) return Buffer.from([count])
  const bytes: number[] = []
  for (let rest = count; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

function base128(value: number): number[] {
  const digits = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(0x80 | (rest % 128))
  return digits
}
