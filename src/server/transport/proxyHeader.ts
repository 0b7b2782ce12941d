import { isIP } from 'node:net'
import { failure, type Result, success } from '../../protocol/errors.ts'

/** The beginning of version 2 (PROXY protocol specification, section 2.2). */
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const V1_PREFIX = Buffer.from('PROXY ')
/** The longest line of version 1, with its end (section 2.1). */
const V1_MAX_BYTES = 107
const V2_FIXED_BYTES = 16
/** The longest header of version 2 that is read. Proxies add at most some hundred bytes to the addresses. */
const V2_MAX_BYTES = 4_096
const COMMAND_LOCAL = 0
const COMMAND_PROXY = 1
/** The upper half of the byte of family and transport. */
const FAMILY_IPV4 = 1
const FAMILY_IPV6 = 2

/** What stands before the first byte of a proxied connection. */
export interface ProxyHeader {
  /** How many bytes of the input it takes. */
  readonly length: number
  /** The address of the client; undefined where the proxy speaks for itself, as in a health check. */
  readonly source: string | undefined
}

/** Whether the input begins with a header. `unclear`: it is too short to tell. */
export function startsWithProxyHeader(input: Buffer): boolean | 'unclear' {
  for (const beginning of [V1_PREFIX, SIGNATURE]) {
    const count = Math.min(input.length, beginning.length)
    if (input.compare(beginning, 0, count, 0, count) !== 0) continue
    return input.length >= beginning.length ? true : 'unclear'
  }
  return false
}

/**
 * Reads the header of PROXY protocol, version 1 or 2, at the beginning of the input.
 * @returns undefined while more bytes are needed; the error is a part of a sentence
 */
export function readProxyHeader(input: Buffer): Result<ProxyHeader, string> | undefined {
  const starts = startsWithProxyHeader(input)
  if (starts === 'unclear') return undefined
  if (!starts) return failure('the connection does not begin with one')
  return input[0] === SIGNATURE[0] ? readVersion2(input) : readVersion1(input)
}

function readVersion1(input: Buffer): Result<ProxyHeader, string> | undefined {
  const end = input.subarray(0, V1_MAX_BYTES).indexOf('\r\n')
  if (end < 0) return input.length < V1_MAX_BYTES ? undefined : failure('its line does not end')
  const length = end + 2
  const [, family, source = '', destination = '', ...ports] = input.toString('latin1', 0, end).split(' ')
  if (family === 'UNKNOWN') return success({ length, source: undefined })
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : undefined
  const isWhole =
    version !== undefined &&
    isIP(source) === version &&
    isIP(destination) === version &&
    ports.length === 2 &&
    ports.every(isPort)
  return isWhole ? success({ length, source }) : failure('its line is not of this form')
}

function readVersion2(input: Buffer): Result<ProxyHeader, string> | undefined {
  if (input.length < V2_FIXED_BYTES) return undefined
  const [version, command] = halves(input.readUInt8(12))
  const [family] = halves(input.readUInt8(13))
  const length = V2_FIXED_BYTES + input.readUInt16BE(14)
  if (version !== 2) return failure(`version ${version} is not known`)
  if (length > V2_MAX_BYTES) return failure(`it has ${length} bytes, more than ${V2_MAX_BYTES}`)
  if (input.length < length) return undefined
  if (command === COMMAND_LOCAL) return success({ length, source: undefined })
  if (command !== COMMAND_PROXY) return failure(`command ${command} is not known`)
  const addresses = input.subarray(V2_FIXED_BYTES, length)
  if (family === FAMILY_IPV4)
    return addresses.length < 12
      ? failure('its addresses are cut off')
      : success({ length, source: addresses.subarray(0, 4).join('.') })
  if (family === FAMILY_IPV6)
    return addresses.length < 36
      ? failure('its addresses are cut off')
      : success({ length, source: ipv6(addresses.subarray(0, 16)) })
  // Unspecified, and unix sockets: there is no address.
  return success({ length, source: undefined })
}

function halves(byte: number): readonly [number, number] {
  return [byte >> 4, byte & 0xf]
}

function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return groups.join(':')
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
}
