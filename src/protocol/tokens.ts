import { crc32 } from 'node:zlib'

/** How a token begins, so that programs that look for leaked secrets know it. */
const PREFIX = 'chatd_'
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Random digits of a token: 190 bits. */
const RANDOM_DIGITS = 32
/** Digits of its checksum: 62 to the sixth is more than 2 to the 32nd. */
const CHECK_DIGITS = 6

/** A token from random bytes; each digit takes one, and those that would favour a digit are skipped. */
export function tokenFrom(random: (bytes: number) => Buffer): string {
  let digits = ''
  while (digits.length < RANDOM_DIGITS) {
    for (const byte of random(RANDOM_DIGITS)) {
      // 248 is the largest multiple of 62 that a byte holds.
      if (byte < 248 && digits.length < RANDOM_DIGITS) digits += DIGITS[byte % DIGITS.length] ?? ''
    }
  }
  return `${PREFIX}${digits}${checksum(digits)}`
}

/** Whether a text is a token, as far as its form and its checksum say. */
export function isToken(text: string): boolean {
  if (!text.startsWith(PREFIX) || text.length !== PREFIX.length + RANDOM_DIGITS + CHECK_DIGITS) return false
  const digits = text.slice(PREFIX.length, -CHECK_DIGITS)
  return /^[0-9A-Za-z]+$/.test(digits) && text.slice(-CHECK_DIGITS) === checksum(digits)
}

function checksum(digits: string): string {
  let rest = crc32(digits)
  let text = ''
  for (let at = 0; at < CHECK_DIGITS; at++) {
    text = `${DIGITS[rest % DIGITS.length]}${text}`
    rest = Math.floor(rest / DIGITS.length)
  }
  return text
}
