/** The kinds of values of the configuration, each read from the text that a file, a variable or a flag has. */

import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { domainToASCII } from 'node:url'
import * as z from 'zod'
import { isLocal, parseListenAddress, showAddress } from '../address.ts'
import { parseAddressRange } from '../addressRanges.ts'
import { parseBrokers } from '../brokers.ts'
import { findGroup } from '../systemGroup.ts'

/** A value that is read from a text; `parse` gives undefined for a text that is none, and `sentence` says what it is. */
function fromText<T>(parse: (text: string) => T | undefined, sentence: string) {
  return z.string({ error: sentence }).transform((text, context): T => {
    const value = parse(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: sentence })
    return z.NEVER
  })
}

/** Where to listen. */
export const listenAddress = fromText(
  parseListenAddress,
  'It is HOST:PORT, such as 0.0.0.0:9011 or [::1]:9011, or unix:/PATH with an absolute path',
)

/** Where clients reach this daemon, as text: what one address is, the other daemons tell. */
export const advertised = fromText(text => {
  const address = parseListenAddress(text.trim())
  if (address === undefined || 'path' in address || address.port === 0 || text.startsWith(':'))
    return undefined
  const host = parseHostName(address.host)
  return host === undefined || ANY_ADDRESS.includes(host) ? undefined : showAddress({ ...address, host })
}, 'It is HOST:PORT by which clients reach this daemon, such as chat1.example.org:9011 or [2001:db8::1]:9011')

/** Where metrics are served: nothing encrypts them, and they need no password. */
export const metricsAddress = fromText(text => {
  const address = parseListenAddress(text)
  if (address === undefined || !isLocal(address)) return undefined
  return 'path' in address || /:\d+$/.test(text) ? address : undefined
}, 'It is an address of this machine alone, such as 127.0.0.1:9100, [::1]:9100 or unix:/run/chatd/metrics; for other machines put a proxy with a password in front')

/** Where a shared log is. */
export const sharedLog = z
  .string({
    error: 'It is the brokers of a cluster, such as tls://a,b,c or nats://a:4222,b:4222,c:4222/STREAM',
  })
  .superRefine((text, context) => {
    const brokers = parseBrokers(text)
    if (!brokers.ok) context.addIssue({ code: 'custom', message: brokers.error })
  })

/** A choice. */
export const yesOrNo = z.boolean({ error: 'It is true or false' })

/** Addresses of a network. */
export const range = fromText(
  parseAddressRange,
  'It is no network; write an address, or one with its prefix such as 10.0.0.0/8',
)

/** The permissions of a socket. */
export const mode = fromText(
  text => (/^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : undefined),
  'It is three octal digits, such as "660"',
)

/** A group of this machine, as its number. */
export const group = fromText(
  text => findGroup(text),
  'It is the name of a group of this machine (see /etc/group), or its number',
)

/** A name or an address that a certificate can hold. */
export const hostName = fromText(parseHostName, 'It is a host name or an address, such as chat.example.org')

/** A file or a directory. In a file of configuration it has no directory that it could be relative to. */
export const path = fromText(
  text => (isAbsolute(text) && !text.includes('\0') ? text : undefined),
  'It is an absolute path',
)

/** A whole number within bounds. */
export function count(least: number, most: number) {
  const sentence = `It is a whole number from ${least} to ${most}`
  return z.int({ error: sentence }).min(least, { error: sentence }).max(most, { error: sentence })
}

const ANY_ADDRESS: readonly string[] = ['0.0.0.0', '::']
const LABEL = '[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?'
const HOST_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`)
const MAX_HOST_NAME = 253

function parseHostName(text: string): string | undefined {
  const name = text.trim().toLowerCase()
  if (isIP(name) !== 0) return name
  const ascii = domainToASCII(name)
  return ascii.length <= MAX_HOST_NAME && HOST_NAME.test(ascii) ? ascii : undefined
}
