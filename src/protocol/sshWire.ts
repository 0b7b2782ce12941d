/** Reads and writes the data types of SSH (RFC 4251, section 5). */

/** Reads SSH data from the start of a buffer to its end. Throws `RangeError` where the data ends early. */
export class SshReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Whether everything was read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** A `uint32`. */
  integer(): number {
    const value = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  /** This many bytes. */
  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('the data ends early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** A `string`. */
  bytes(): Buffer {
    return this.take(this.integer())
  }

  /** A `string` of ASCII. */
  text(): string {
    return this.bytes().toString('latin1')
  }
}

/** A `string`: its length, then its bytes. */
export function sshString(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([sshInteger(bytes.length), bytes])
}

/** A `uint32`. */
export function sshInteger(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** The number in an `mpint`, big-endian in exactly `length` bytes; undefined where it is negative or longer. */
export function unsigned(mpint: Buffer, length: number): Buffer | undefined {
  if ((mpint[0] ?? 0) >= 0x80) return undefined
  const digits = mpint[0] === 0 ? mpint.subarray(1) : mpint
  if (digits.length > length) return undefined
  return Buffer.concat([Buffer.alloc(length - digits.length), digits])
}
