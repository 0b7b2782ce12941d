import { createHash, randomBytes } from 'node:crypto'

/** A new secret of a device or a session: 192 random bits. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

/**
 * The hash of a secret that a program made, as the log keeps it. Such a secret has 100 random bits or more: a fast hash
 * is enough, and looking it up leaks nothing that could be guessed.
 */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
