import { failure, type Result, success } from './errors.ts'
import { parseFingerprint } from './fingerprint.ts'
import { DEFAULT_PORT } from './limits.ts'

/** The alphabet of base32 (RFC 4648). */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const CODE = /^[A-Z2-7]{20}$/
const EXAMPLE = 'an invitation looks like chat://chat.example.org:9011/join/CODE'

/** Where an invitation leads. */
export interface InviteLink {
  readonly host: string
  readonly port: number
  /** 20 letters of base32: 100 random bits. */
  readonly code: string
  /** The key of the server, `SHA256:…`; undefined behind a certificate of an authority, and on this machine. */
  readonly fingerprint: string | undefined
}

/** A code of an invitation from 20 random bytes: five bits of each. */
export function inviteCodeFrom(random: Buffer): string {
  return [...random.subarray(0, 20)].map(byte => BASE32[byte & 31]).join('')
}

/** The link as text. */
export function showInviteLink({ host, port, code, fingerprint }: InviteLink): string {
  const pin = fingerprint === undefined ? '' : `.${base64url(fingerprint.slice('SHA256:'.length))}`
  return `chat://${host.includes(':') ? `[${host}]` : host}:${port}/join/${code}${pin}`
}

/** Reads a link. The error is a sentence. */
export function parseInviteLink(text: string): Result<InviteLink, string> {
  const [, address, port, code = '', pin] =
    /^chat:\/\/(\[[0-9A-Fa-f:.]+\]|[^:/\s\p{C}]+)(?::(\d{1,5}))?\/join\/([A-Za-z2-7]+)(?:\.([\w-]+))?\/?$/u.exec(
      text.trim(),
    ) ?? []
  if (address === undefined) return failure(`that is no invitation: ${EXAMPLE}`)
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  if (number < 1 || number > 65_535) return failure(`the port ${port} of the invitation is none: ${EXAMPLE}`)
  if (!CODE.test(code.toUpperCase()))
    return failure('the code of the invitation is not whole: copy the link again')
  const key = pin === undefined ? undefined : parseFingerprint(pin)
  if (key?.ok === false) return failure('the key in the invitation is not whole: copy the link again')
  const host = address.replace(/^\[(.*)\]$/, '$1')
  return success({ host, port: number, code: code.toUpperCase(), fingerprint: key?.value })
}

function base64url(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_')
}
