import { argon2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

/** The parameters that OWASP's Password Storage Cheat Sheet names first for argon2id. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1 }
const TAG_BYTES = 32
const SALT_BYTES = 16
/** More than this in a stored hash is refused: it would take the server's memory. */
const MAX_MEMORY = 256 * 1024
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** Hashes a password, some 50 ms, as a PHC string. */
export function hashPassword(password: string): string {
  const salt = randomBytes(SALT_BYTES)
  const tag = argon2Sync('argon2id', { message: password, nonce: salt, tagLength: TAG_BYTES, ...PARAMETERS })
  const { memory, passes, parallelism } = PARAMETERS
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

/** Whether a password is that of a PHC string. As slow for a hash that cannot be read. */
export function checkPassword(password: string, phc: string): boolean {
  const [, memory, passes, parallelism, salt = '', tag = ''] = PHC.exec(phc) ?? []
  if (memory === undefined || Number(memory) > MAX_MEMORY) {
    hashPassword(password)
    return false
  }
  const expected = Buffer.from(tag, 'base64')
  const actual = argon2Sync('argon2id', {
    message: password,
    nonce: Buffer.from(salt, 'base64'),
    tagLength: expected.length,
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  })
  return timingSafeEqual(actual, expected)
}

/** PHC strings have no padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
